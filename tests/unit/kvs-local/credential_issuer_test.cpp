// SPDX-License-Identifier: Apache-2.0
#include "service/credential_issuer.h"

#include <gtest/gtest.h>
#include <malloc.h>

namespace kvslocal {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const WallTime start{seconds(1'700'000'000)};

TEST(CredentialIssuer, knowsItsKeysAlsoWhenTheyHaveExpired) {
  CredentialIssuer issuer(seconds(60));
  const IssuedKey first = issuer.issue(start);
  const IssuedKey second = issuer.issue(start);
  EXPECT_EQ(first.expires, start + seconds(60));
  EXPECT_NE(first.accessKey, second.accessKey);
  EXPECT_NE(first.secretKey, second.secretKey);
  EXPECT_EQ(first.secretKey.size(), 40U);
  for (int i = 0; i < 1000; ++i)
    issuer.issue(start + hours(24 * 365));
  const auto found = issuer.find(first.accessKey, first.sessionToken);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->secretKey, first.secretKey);
  EXPECT_EQ(found->expires, first.expires);
}

TEST(CredentialIssuer, believesNoTokenThatItDidNotMake) {
  CredentialIssuer issuer(seconds(60));
  const IssuedKey key = issuer.issue(start);
  EXPECT_FALSE(issuer.find(key.accessKey, ""));
  EXPECT_FALSE(issuer.find(key.accessKey, "another"));
  EXPECT_FALSE(issuer.find("ASIAOTHER", key.sessionToken));
  EXPECT_FALSE(issuer.find(key.accessKey, key.sessionToken + "A"));
  EXPECT_FALSE(issuer.find(key.accessKey, "9" + key.sessionToken));  // expires later
  EXPECT_FALSE(issuer.find(key.accessKey, issuer.issue(start).sessionToken));
  EXPECT_FALSE(CredentialIssuer(seconds(60)).find(key.accessKey, key.sessionToken));
}

TEST(CredentialIssuer, keepsNothingOfWhatItIssued) {
  CredentialIssuer issuer(seconds(60));
  issuer.issue(start);
  const auto before = mallinfo2().uordblks;
  for (int i = 0; i < 20'000; ++i)
    issuer.issue(start + seconds(i));
  EXPECT_LT(mallinfo2().uordblks, before + 100'000);
}

}  // namespace
}  // namespace kvslocal
