// SPDX-License-Identifier: Apache-2.0
#include "store/fragment_reader.h"

#include <utility>

namespace kvslocal {

void FragmentReader::read(std::uint64_t offset, std::size_t most, Done done) {
  // What `done` holds is the loop's: the worker carries it to and fro and keeps nothing.
  worker_.ask(
      [file = file_, name = name_, offset, most, post = post_, done = std::move(done)](Store&) mutable {
        auto bytes = std::make_shared<Result<Bytes>>(readAt(file->get(), offset, most, name));
        post([bytes, done = std::move(done)] { done(std::move(*bytes)); });
      });
}

}  // namespace kvslocal
