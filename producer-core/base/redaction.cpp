// SPDX-License-Identifier: Apache-2.0
#include "base/redaction.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/secret.h"
#include "base/sent_secrets.h"
#include "base/wiping.h"

namespace kvs {

namespace {

/// Nothing behind it is kept of any text.
constexpr std::size_t longestRead = 16 * 1024;
constexpr int deepestSpelling = 4;  // of one spelling within another
/// What a part of a secret must have in common with a text: far less than a key, far more than a word.
constexpr std::size_t longestPart = 12;
constexpr std::size_t shortestPart = 6;  // shorter secrets are as good as words
constexpr std::string_view inItsPlace = "***";

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool isAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// A character and where it stands in the text.
struct Letter {
  char c;
  std::size_t begin, end;
};

/// Its memory is overwritten: a folded secret is one still.
using Letters = std::vector<Letter, WipingAllocator<Letter>>;

/// A number that begins at `at`, in base 10 or 16, of `least` to `most` digits; `end` is behind it.
std::optional<unsigned> number(const Letters& text, std::size_t at, unsigned base, std::size_t least,
                               std::size_t most, std::size_t& end) {
  unsigned value = 0;
  for (end = at; end < text.size() && end - at < most; ++end) {
    const int digit = hexDigit(text[end].c);
    if (digit < 0 || static_cast<unsigned>(digit) >= base) break;
    value = value * base + static_cast<unsigned>(digit);
  }
  if (end - at < least) return std::nullopt;
  return value;
}

bool isAt(const Letters& text, std::size_t at, std::string_view what) {
  for (std::size_t i = 0; i < what.size(); ++i) {
    if (at + i >= text.size() || lower(text[at + i].c) != what[i]) return false;
  }
  return true;
}

/// A line break or tabulator that is written as one, or an entity with a name: what a text is broken with, or
/// a sign that is none of those looked for.
bool isSign(const Letters& text, std::size_t at, std::size_t& end) {
  constexpr std::size_t longestName = 10;
  end = at + 2;
  if (isAt(text, at, "\\n") || isAt(text, at, "\\r") || isAt(text, at, "\\t")) return true;
  if (!isAt(text, at, "&")) return false;
  end = at + 1;
  while (end < text.size() && end - at < longestName && isAlphanumeric(text[end].c))
    ++end;
  return end > at + 1 && isAt(text, end++, ";");
}

/// What is written as %2F, \u002f, \x2f, &#x2F; or &#47; at `at`; `end` is behind it.
std::optional<unsigned> spelled(const Letters& text, std::size_t at, std::size_t& end) {
  const auto entity = [&](std::size_t from, unsigned base) {
    const auto value = number(text, from, base, 1, 7, end);
    if (value && isAt(text, end, ";")) ++end;
    return value;
  };
  if (isAt(text, at, "%")) return number(text, at + 1, 16, 2, 2, end);
  if (isAt(text, at, "\\u")) return number(text, at + 2, 16, 4, 4, end);
  if (isAt(text, at, "\\x")) return number(text, at + 2, 16, 2, 2, end);
  if (isAt(text, at, "&#x")) return entity(at + 3, 16);
  if (isAt(text, at, "&#")) return entity(at + 2, 10);
  if (isSign(text, at, end)) return ' ';
  return std::nullopt;
}

/// One layer of spelling taken off; false where there was none.
bool unspell(Letters& text) {
  Letters plain;
  plain.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    const auto value = spelled(text, at, end);
    if (!value) end = at + 1;
    const char c = !value ? text[at].c : *value < 0x80 ? static_cast<char>(*value) : '?';
    plain.push_back({c, text[at].begin, text[end - 1].end});
    at = end;
  }
  const bool changed = plain.size() < text.size();
  text = std::move(plain);
  return changed;
}

/// The letters and digits that the text stands for, in lower case.
struct Folded {
  explicit Folded(std::string_view text) {
    Letters letters;
    letters.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i)
      letters.push_back({text[i], i, i + 1});
    const bool isPlain = text.find_first_of("%\\&") == text.npos;
    for (int depth = 0; !isPlain && depth < deepestSpelling && unspell(letters); ++depth) {
    }
    std::erase_if(letters, [](const Letter& letter) { return !isAlphanumeric(letter.c); });
    for (const Letter& letter : letters)
      characters += lower(letter.c);
    places = std::move(letters);
  }

  WipingString characters;
  Letters places;
};

/// Base64 of `text` behind `skipped` other bytes; without the characters that depend on what is around it.
WipingString base64(std::string_view text, std::size_t skipped) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  WipingString bytes(skipped, '\0');
  bytes += text;
  WipingString out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = (bits << 8 | static_cast<unsigned char>(c)) & 0xffffff;
    for (count += 8; count >= 6; count -= 6)
      out += alphabet[bits >> (count - 6) & 63];
  }
  out.erase(0, (skipped * 8 + 5) / 6);
  return out;
}

WipingString hexOf(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  WipingString out;
  for (const char c : text) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

/// Samples of a secret: every part that is long enough has a whole one in it.
constexpr std::size_t sampleSize = shortestPart;
constexpr std::size_t sampleDistance = longestPart - sampleSize + 1;

/// Of the samples that begin at each place of a text.
using Hashes = std::vector<std::uint32_t>;

Hashes hashesOf(std::string_view folded, std::size_t distance) {
  Hashes hashes;
  for (std::size_t at = 0; at + sampleSize <= folded.size(); at += distance) {
    std::uint32_t hash = 2166136261u;  // FNV-1a
    for (const char c : folded.substr(at, sampleSize))
      hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    hashes.push_back(hash);
  }
  return hashes;
}

struct Range {
  std::size_t begin, end;
};

/// What is looked for of a secret: its parts, in all spellings that folding does not take off.
class Parts {
 public:
  explicit Parts(std::string_view secret) {
    add(secret);
    for (const std::size_t skipped : {0u, 1u, 2u})
      add(base64(secret, skipped));
    add(hexOf(secret));
    std::ranges::sort(samples_, {}, &Sample::hash);
    for (const Sample& sample : samples_)
      mark(sample.hash) = true;
  }

  /// Where parts of it stand in the text.
  void find(std::string_view folded, const Hashes& hashes, std::vector<Range>& ranges) const {
    constexpr std::size_t few = 8;
    std::size_t known = 0;  // in a secret that repeats itself, one look at each place is enough
    for (std::size_t at = 0; at < hashes.size(); ++at) {
      if (!mark(hashes[at]) || at + sampleSize <= known) continue;
      const auto first = std::ranges::lower_bound(samples_, hashes[at], {}, &Sample::hash);
      const auto last = std::ranges::upper_bound(samples_, hashes[at], {}, &Sample::hash);
      const std::span<const Sample> samples(first, last);
      for (const Sample& sample : samples) {
        const auto range = common(folded, at, sample);
        if (!range) continue;
        const bool isNew =
            ranges.empty() || range->begin < ranges.back().begin || range->end > ranges.back().end;
        if (isNew) ranges.push_back(*range);
        if (samples.size() > few) known = std::max(known, range->end);
      }
    }
  }

 private:
  struct Sample {
    std::uint32_t hash;
    std::uint32_t spelling;
    std::size_t at;
  };
  static constexpr std::size_t marks = 1 << 14;

  void add(std::string_view spelling) {
    WipingString folded = Folded(spelling).characters;
    if (folded.size() < shortestPart) return;
    const auto which = static_cast<std::uint32_t>(folded_.size());
    std::size_t at = 0;
    for (const std::uint32_t hash : hashesOf(folded, sampleDistance)) {
      samples_.push_back({hash, which, at});
      at += sampleDistance;
    }
    folded_.push_back(std::move(folded));
  }

  /// What the text around `at` has in common with the secret around the sample, where it is a part.
  std::optional<Range> common(std::string_view folded, std::size_t at, const Sample& sample) const {
    const std::string_view whole = folded_[sample.spelling];
    std::size_t before = 0;
    while (before < at && before < sample.at && folded[at - before - 1] == whole[sample.at - before - 1])
      ++before;
    std::size_t behind = 0;
    while (at + behind < folded.size() && sample.at + behind < whole.size() &&
           folded[at + behind] == whole[sample.at + behind])
      ++behind;
    if (before + behind < std::min(whole.size(), longestPart)) return std::nullopt;
    return Range{at - before, at + behind};
  }

  std::vector<bool>::reference mark(std::uint32_t hash) { return marked_[(hash ^ hash >> 16) % marks]; }
  bool mark(std::uint32_t hash) const { return marked_[(hash ^ hash >> 16) % marks]; }

  std::vector<WipingString> folded_;
  std::vector<Sample> samples_;                          // by their hashes
  std::vector<bool> marked_ = std::vector<bool>(marks);  // nearly all of a text is told at once to be none
};

/// Places in the text itself, in order, none touching another.
std::vector<Range> secretRanges(const Folded& folded, const std::vector<MadeOfSecret>& secrets) {
  const Hashes hashes = hashesOf(folded.characters, 1);
  std::vector<Range> found;
  for (const MadeOfSecret& parts : secrets)
    static_cast<const Parts*>(parts.get())->find(folded.characters, hashes, found);
  std::ranges::sort(found, {}, &Range::begin);
  std::vector<Range> ranges;
  for (const Range& part : found) {
    const Range range{folded.places[part.begin].begin, folded.places[part.end - 1].end};
    if (!ranges.empty() && range.begin <= ranges.back().end) {
      ranges.back().end = std::max(ranges.back().end, range.end);
    } else {
      ranges.push_back(range);
    }
  }
  return ranges;
}

bool isControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

}  // namespace

std::string withoutSecrets(std::string_view text) {
  text = text.substr(0, longestRead);
  if (text.size() < shortestPart) return std::string(text);
  const auto secrets =
      madeOfSentSecrets([](std::string_view secret) { return std::make_shared<const Parts>(secret); });
  if (secrets->empty()) return std::string(text);
  std::string clean;
  std::size_t at = 0;
  for (const Range& range : secretRanges(Folded(text), *secrets)) {
    clean.append(text.substr(at, range.begin - at)).append(inItsPlace);
    at = range.end;
  }
  return clean.append(text.substr(at));
}

std::string foreignText(std::string_view text, std::size_t longest) {
  std::string clean = withoutSecrets(text);
  const bool isCut = clean.size() > longest;
  clean.resize(std::min(clean.size(), longest));
  std::ranges::replace_if(clean, isControl, ' ');
  // A cut may have split a character: its continuation bytes go, then its lead.
  if (isCut) {
    while (!clean.empty() && (static_cast<unsigned char>(clean.back()) & 0xC0) == 0x80)
      clean.pop_back();
    if (!clean.empty() && static_cast<unsigned char>(clean.back()) >= 0xC0) clean.pop_back();
  }
  clean.erase(0, clean.find_first_not_of(' '));
  clean.erase(clean.find_last_not_of(' ') + 1);
  return clean;
}

std::string foreignBytes(ByteView bytes) {
  constexpr std::size_t longestText = 80;
  constexpr std::size_t longestHex = 16;
  const std::string_view text = asText(bytes.first(std::min(bytes.size(), longestRead)));
  const auto isText = [](char c) { return (c >= ' ' && c < 0x7f) || c == '\r' || c == '\n' || c == '\t'; };
  if (std::ranges::all_of(text.substr(0, longestText), isText))
    return "\"" + foreignText(text, longestText) + "\"";
  std::string shown = "the bytes";
  for (const char c : text.substr(0, longestHex))
    shown.append(" ").append(hexOf(std::string_view(&c, 1)));
  return text.size() > longestHex ? shown + " ..." : shown;
}

}  // namespace kvs
