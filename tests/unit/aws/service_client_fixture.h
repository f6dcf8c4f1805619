// SPDX-License-Identifier: Apache-2.0
// A client of a service whose network is data, whose clocks stand until the test turns them, and whose
// credentials are what the test says.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "aws/service_client.h"
#include "fake_transport.h"

namespace kvs::aws {

using namespace std::chrono_literals;

class SteppedClock final : public Clock {
 public:
  TimePoint now() const override { return steady; }
  WallTime wallNow() const override { return wall; }
  void advance(Nanoseconds time) {
    steady += time;
    wall += time;
  }
  TimePoint steady{1h};
  WallTime wall{1769817599s};  // 2026-01-30T23:59:59Z
};

/// Answers at once with what the test has put there, and notes what it was asked.
class GivenCredentials final : public CredentialProvider {
 public:
  std::string_view name() const override { return "test"; }
  void fetch(Callback callback) override {
    asked.emplace_back("fetch");
    callback(answer);
  }
  void refresh(const Credentials& refused, Callback callback) override {
    asked.push_back("refresh " + refused.accessKey);
    callback(answer);
  }
  std::optional<Result<Credentials>> atHand() override { return answer; }

  static Credentials keys(std::string accessKey) {
    return {std::move(accessKey), Secret("secret"), Secret("token"), {}, "test", {}};
  }
  Result<Credentials> answer = keys("AKIATEST");
  std::vector<std::string> asked;
};

class ServiceClientFixture : public testing::Test {
 protected:
  std::shared_ptr<Service> makeService() {
    auto made = std::make_shared<Service>();
    made->name = "kinesisvideo";
    made->api = "PUT_MEDIA";
    made->endpoint = {"https://control.example.com", "us-west-2", "test"};
    made->userAgent = "kvssink/test";
    made->connectTimeout = 1s;
    made->completionTimeout = 2s;
    made->loop = loop;
    made->transport = {std::shared_ptr<void>(), &transport};
    made->clock = std::make_shared<CorrectedClock>(clock);
    made->gate = std::make_shared<RateGate>();
    made->credentials = credentials;
    return made;
  }
  void fetchCredentials() {
    client->fetchCredentials([](const auto& taken) { EXPECT_TRUE(taken); });
  }

  SteppedClock clock;
  std::shared_ptr<net::Loop> loop = std::make_shared<net::Loop>(clock, net::Loop::Drive::caller);
  FakeTransport transport;
  std::shared_ptr<GivenCredentials> credentials = std::make_shared<GivenCredentials>();
  std::shared_ptr<Service> service = makeService();
  std::shared_ptr<ServiceClient> client = std::make_shared<ServiceClient>(service);
};

}  // namespace kvs::aws
