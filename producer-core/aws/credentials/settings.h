// SPDX-License-Identifier: Apache-2.0
// The user's settings for credentials: plain values. Everything else comes from the environment and from
// the files that all AWS tools read.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "base/secret.h"
#include "base/time.h"

namespace kvs::aws {

/// `iot-certificate` (guide, kvssink, "AWS IoT credentials"). Paths name PEM files.
struct IotSettings {
  std::string endpoint;  ///< host of the account's credentials provider, with a port unless it is 443
  std::string certificatePath;
  std::string keyPath;
  std::string authorityPath;  ///< CA certificates to trust there
  std::string roleAlias;
  std::string thingName;  ///< the stream's name if the user gives none
  Milliseconds connectionTimeout{3000};
  Milliseconds completionTimeout{5000};
};

/// Keys that the user sets directly; empty means "not set".
struct StaticKeys {
  std::string accessKey;
  Secret secretKey;
  Secret sessionToken;
};

/// The keys of a stream. They may be changed while it runs: a session uses those that are set when it begins.
/// Any thread.
class KeySlot {
 public:
  KeySlot() = default;
  explicit KeySlot(StaticKeys keys) : keys_(std::move(keys)) {}
  void set(StaticKeys keys) KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    keys_ = std::move(keys);
  }
  StaticKeys get() const KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    return keys_;
  }

 private:
  mutable Mutex mutex_{"keys"};
  StaticKeys keys_ KVS_GUARDED_BY(mutex_);
};

struct CredentialSettings {
  std::optional<IotSettings> iot;
  std::shared_ptr<KeySlot> keys;        ///< null: none
  std::string credentialPath;           ///< empty: no credential file
  bool credentialFileMustExist = true;  ///< false: a missing file is not a failure; the next source is asked
};

}  // namespace kvs::aws
