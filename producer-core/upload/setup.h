// SPDX-License-Identifier: Apache-2.0
// From credentials to the data endpoint: the calls that come before the first session, and after failures.
// Each is made when the life asks for it, and what becomes of it is told to the life. Part of the Uploader;
// lives on the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "aws/control_plane.h"
#include "aws/service_client.h"
#include "aws/stream_directory.h"
#include "producer.h"
#include "upload/life_event.h"
#include "upload/reports.h"
#include "upload/stream_side.h"
#include "upload/time_of_day.h"
#include "upload/timers.h"

namespace kvs::upload {

class Setup {
 public:
  using Tell = std::function<void(Event)>;

  struct Service {
    std::shared_ptr<aws::ServiceClient> client;
    std::shared_ptr<aws::StreamDirectory> directory;
    std::string dataEndpoint{};  ///< the user's; empty: the service is asked
  };

  Setup(const StreamConfig& config, Service service, const LoopTasks& tasks, const StreamSide& stream,
        TimeOfDay& timeOfDay, Reports& reports, Tell tell);

  void fetchCredentials(bool renew);
  void describe();
  void create(bool incomplete);
  void tag();
  void locate();
  void abandon() { call_.reset(); }

  const std::string& dataEndpoint() const { return dataEndpoint_; }
  /// Nothing is kept by the service: RECEIVED is the last word on a fragment.
  bool receivedIsFinal() const { return receivedIsFinal_; }

 private:
  void fetched(bool renew, const Result<aws::ServiceClient::Taken>& taken);
  void described(const aws::StreamDescription& description);
  void useGivenEndpoint();
  void located(const std::string& endpoint);
  void failed(const Error& error);
  void warnIfInsecure(const std::string& url);
  template <class T, class Use>
  aws::ServiceClient::Callback<T> answer(Use use);

  const StreamConfig& config_;
  const Service service_;
  const aws::ControlPlane controlPlane_;
  const LoopTasks& tasks_;
  const StreamSide& stream_;
  TimeOfDay& timeOfDay_;
  Reports& reports_;
  const Tell tell_;

  bool wasDescribed_ = false;
  bool insecureReported_ = false;
  bool receivedIsFinal_;
  std::string arn_;
  std::string dataEndpoint_;
  aws::CallHandle call_;
};

}  // namespace kvs::upload
