// SPDX-License-Identifier: Apache-2.0
// One control-plane call: its signature is checked, the ControlPlane asked, and the answer given when what
// changed is on disk and known.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "service/call_exchange.h"
#include "service/change_queue.h"
#include "service/control_plane.h"
#include "service/session_table.h"
#include "service/sigv4.h"
#include "store/media_store.h"

namespace kvslocal {

/// What the control-plane calls of a server share.
struct ControlHost {
  const VerifierConfig& verifier;
  const Clock& clock;
  ControlPlane& control;
  ChangeQueue& changes;
  MediaStore& store;
  SessionTable& sessions;
  bool tls = false;
  std::string publicUrl;  ///< empty: the one by which the client came
};

class ControlExchange final : public CallExchange {
 public:
  ControlExchange(const ControlHost& host, HttpHead head, std::unique_ptr<CallGate> gate);

 private:
  std::optional<HttpReply> refuseHead() override;
  HttpReply refuseSize() override;
  std::optional<HttpReply> refuseBody() override;
  [[nodiscard]] std::string operation() const override;
  [[nodiscard]] std::string stream() const override;
  void answer() override;

  void change(const std::string& stream);
  void settle(const std::string& stream, const ControlAnswer& made, bool onDisk);
  [[nodiscard]] ControlAnswer ask() const;
  [[nodiscard]] std::string baseUrl() const;

  const ControlHost& host_;
};

}  // namespace kvslocal
