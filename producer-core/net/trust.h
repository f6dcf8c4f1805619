// SPDX-License-Identifier: Apache-2.0
// The CA store of a transport, loaded by the worker when the first HTTPS request comes (those that
// speak plain HTTP never pay for it), and again when a file of it has changed.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/ca_store.h"
#include "net/loop.h"

namespace kvs::net {

/// On the loop's thread only. Owned by a shared_ptr, since the worker answers late.
class Trust : public std::enable_shared_from_this<Trust> {
 public:
  using Then = std::function<void(const Result<void>&)>;

  Trust(std::weak_ptr<Loop> loop, CaPlaces places) : loop_(std::move(loop)), places_(std::move(places)) {}

  /// Calls `then` when store() can be used or can't be had; at once where that is known to be so.
  void whenLoaded(Then then);
  /// Null until loaded.
  X509_STORE* store() const { return store_.get(); }

 private:
  struct Answer;
  void load();
  void cantLoad(Error error);
  void onAnswer(const std::shared_ptr<Answer>& answer);

  std::weak_ptr<Loop> loop_;
  const CaPlaces places_;
  X509StorePtr store_;
  std::vector<std::filesystem::file_time_type> modified_;
  TimePoint checkedAt_{};
  bool loading_ = false;
  std::vector<Then> waiting_;
};

}  // namespace kvs::net
