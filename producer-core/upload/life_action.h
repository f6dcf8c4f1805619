// SPDX-License-Identifier: Apache-2.0
// What a stream's life asks for: calls, sessions, timers, reports. The shell carries them out in order, and
// reports what becomes of each as an event.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/news.h"
#include "base/time.h"
#include "upload/life_timer.h"

namespace kvs::upload {

namespace action {

// --- the way to the data endpoint ---

struct FetchCredentials {
  bool renew = false;  ///< those at hand are valid, but due
};
struct Describe {};
struct Create {
  bool incomplete = false;  ///< even where formats of announced tracks are not known yet
};
struct TagStream {};
struct Locate {};
/// No answer is wanted any more.
struct AbandonCall {};

// --- sessions ---

struct OpenSession {
  bool isReconnect = false;  ///< the one before failed
};
/// Send up to the end of the fragment under the cursor, end the body, and report SessionConfirmed once
/// all of it is durable.
struct FinishSession {
  bool everything = false;  ///< up to the end of the log
  bool burst = false;       ///< up to the last fragment that is complete
  bool endTag = false;      ///< close the open fragment with the end-of-fragment tag first
};
/// Drop the connection now; what is not durable is to be sent again.
struct CloseSession {
  bool deadHost = false;  ///< the peer may have vanished with what it had confirmed
};
/// Look at the session, and report Observed.
struct Observe {};
/// Set a fragment aside; none given: the oldest that is not acknowledged.
struct RefuseFragment {
  std::optional<std::uint64_t> fragment;
  Error error;
};
/// Send the fragment without its Tags from now on.
struct StripTags {
  std::optional<std::uint64_t> fragment;
};

struct SetTimer {
  Timer timer = Timer::retry;
  Milliseconds delay{0};
};
struct CancelTimer {
  Timer timer = Timer::retry;
};

// --- reports to the application ---

struct ReportChange {
  ConnectionChange change;
};
struct ReportStale {
  Nanoseconds silence{0};
};
struct Warn {
  Error error;
};
/// The stream has ended with this error.
struct Fail {
  Error error;
};
struct ReportReady {};
struct ReportDrained {};
struct ReportStopped {};

}  // namespace action

using Action = std::variant<action::FetchCredentials, action::Describe, action::Create, action::TagStream,
                            action::Locate, action::AbandonCall, action::OpenSession, action::FinishSession,
                            action::CloseSession, action::Observe, action::RefuseFragment, action::StripTags,
                            action::SetTimer, action::CancelTimer, action::ReportChange, action::ReportStale,
                            action::Warn, action::Fail, action::ReportReady, action::ReportDrained,
                            action::ReportStopped>;
using Actions = std::vector<Action>;

}  // namespace kvs::upload
