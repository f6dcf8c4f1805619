// SPDX-License-Identifier: Apache-2.0
// HTTPS: who is trusted, what is told otherwise, and what is loaded once.
#include <gmock/gmock.h>

#include <fstream>
#include <future>

#include "child.h"
#include "net/ca_store.h"
#include "net/trust.h"
#include "no_descriptors.h"
#include "sanitizers.h"
#include "tls_identity.h"
#include "transport_fixture.h"

namespace kvs::net::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class TlsTest : public TransportTest {
 protected:
  void trust(const fs::path& path) {
    transport =
        std::make_shared<CurlTransport>(loop, TransportOptions{.caPath = path.string(), .userAgent = {}});
  }
  void trustAuthority() {
    authority.writePem(folder.path() / "ca.pem");
    trust(folder.path() / "ca.pem");
  }
  void upload(Upload& upload, const RawServer& server) {
    upload.body.parts.push_back("frame");
    upload.body.finished = true;
    startUpload(upload, server.url());
    ASSERT_TRUE(upload.heard.ended.wait());
  }
  Error errorOf(const RawServer& server) {
    Upload failing(*this);
    upload(failing, server);
    return failing.heard.succeeded() ? Error{} : failing.heard.error();
  }

  static void serve(Connection& peer) {
    peer.readHead();
    while (!peer.readChunk().empty()) {
    }
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    peer.waitForPeerEnd();
  }

  Authority authority;
  TemporaryFolder folder;
  TlsContext context = authority.server("IP:127.0.0.1");
};

TEST_F(TlsTest, TrustsWhatTheFileNames) {
  RawServer server(&TlsTest::serve, context.get());
  trustAuthority();
  Upload good(*this);
  upload(good, server);
  EXPECT_TRUE(good.heard.succeeded()) << good.heard.error().message;
  EXPECT_EQ(good.heard.data, "ok");
}

TEST_F(TlsTest, TrustsWhatTheFilesOfAFolderNameWithoutBeingHashed) {
  RawServer server(&TlsTest::serve, context.get());
  Authority other;
  other.writePem(folder.path() / "a.pem");
  authority.writePem(folder.path() / "b.crt");
  std::ofstream(folder.path() / "README") << "no certificate\n";
  trust(folder.path());
  Upload good(*this);
  upload(good, server);
  EXPECT_TRUE(good.heard.succeeded());
}

TEST_F(TlsTest, RefusesAStrangersCertificate) {
  RawServer server(&TlsTest::serve, context.get());
  Authority other;
  other.writePem(folder.path() / "other.pem");
  trust(folder.path() / "other.pem");
  const Error error = errorOf(server);
  EXPECT_EQ(error.kind, ErrorKind::retryable);
  EXPECT_EQ(error.code, StatusCode::clientAuthFailed);
  EXPECT_THAT(error.message, HasSubstr("the certificate of 127.0.0.1:"));
  EXPECT_THAT(error.message, HasSubstr("is not trusted"));
}

TEST_F(TlsTest, RefusesACertificateOfAnotherHost) {
  const TlsContext elsewhere = authority.server("DNS:elsewhere.test");
  RawServer server(&TlsTest::serve, elsewhere.get());
  trustAuthority();
  EXPECT_THAT(errorOf(server).message, HasSubstr("is not trusted"));
}

TEST_F(TlsTest, RefusesOldVersions) {
  const TlsContext old = authority.server("IP:127.0.0.1", TLS1_VERSION, TLS1_1_VERSION);
  RawServer server(&TlsTest::serve, old.get());
  trustAuthority();
  const Error error = errorOf(server);
  EXPECT_EQ(error.kind, ErrorKind::retryable);
  EXPECT_THAT(error.message, HasSubstr("TLS 1.2 or newer"));
}

TEST_F(TlsTest, AFileThatCannotBeReadIsAMistakeOfTheUsers) {
  RawServer server(&TlsTest::serve, context.get());
  trust(folder.path() / "missing.pem");
  const Error error = errorOf(server);
  EXPECT_EQ(error.kind, ErrorKind::fatal);
  EXPECT_THAT(error.message, HasSubstr("missing.pem"));
  EXPECT_THAT(error.message, HasSubstr("KVSSINK_CA_CERT_PATH"));
  EXPECT_EQ(server.accepted(), 0);
}

TEST_F(TlsTest, AFileThatAppearsLaterIsTaken) {
  RawServer server(&TlsTest::serve, context.get());
  trust(folder.path() / "ca.pem");
  EXPECT_EQ(errorOf(server).kind, ErrorKind::fatal);
  authority.writePem(folder.path() / "ca.pem");
  Upload good(*this);
  upload(good, server);
  EXPECT_TRUE(good.heard.succeeded());
}

TEST_F(TlsTest, AnExchangeMayEndWhileTheCertificatesAreLoaded) {
  RawServer server(&TlsTest::serve, context.get());
  trustAuthority();
  {
    Upload first(*this);
    startUpload(first, server.url());
  }
  Upload second(*this);
  upload(second, server);
  EXPECT_TRUE(second.heard.succeeded());
}

TEST_F(TlsTest, TheNextSessionOfAHostIsResumed) {
  std::atomic<int> reused{0};
  RawServer server(
      [&](Connection& peer) {
        if (peer.sessionReused()) ++reused;
        serve(peer);
      },
      context.get());
  trustAuthority();
  for (int i = 0; i < 3; ++i) {
    Upload one(*this);
    upload(one, server);
    ASSERT_TRUE(one.heard.succeeded());
  }
  EXPECT_EQ(server.accepted(), 3);
  EXPECT_EQ(reused, 2);
}

TEST_F(TlsTest, TheSilentEndsAreSeenToo) {
  Signal idle;
  for (const bool whole : {true, false}) {
    RawServer server(
        [&](Connection& peer) {
          peer.readHead();
          peer.readChunk();
          peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nlast\r\n");
          if (whole) {
            peer.send("0\r\n\r\n");
          } else {
            peer.fin();
          }
          peer.waitForPeerEnd();
        },
        context.get());
    trustAuthority();
    Upload live(*this);
    live.body.parts.push_back("frame");
    startUpload(live, server.url());
    ASSERT_TRUE(live.heard.ended.wait());
    EXPECT_EQ(live.heard.succeeded(), whole);
    EXPECT_EQ(live.heard.data, "last");
  }
}

TEST_F(TlsTest, ABigBodyArrivesWholeWhereTheSocketTakesItInParts) {
  std::string whole;
  for (int i = 0; i < 600'000; ++i)
    whole += std::to_string(i);
  std::string got;
  RawServer server(
      [&](Connection& peer) {
        peer.readHead();
        for (std::string part = peer.readChunk(); !part.empty(); part = peer.readChunk())
          got += part;
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        peer.waitForPeerEnd();
      },
      context.get(), 8 * 1024);
  trustAuthority();
  Upload big(*this);
  big.body.parts.push_back(whole);
  big.body.finished = true;
  startUpload(big, server.url(), Profile::bulk);
  ASSERT_TRUE(big.heard.ended.wait());
  EXPECT_TRUE(big.heard.succeeded()) << big.heard.error().message;
  EXPECT_EQ(big.bytesSent(), whole.size());
  EXPECT_TRUE(got == whole);
}

TEST_F(TlsTest, AnUploadsRefusalAndItsResetAreSeenWhileNothingIsSent) {
  for (const bool reset : {false, true}) {
    RawServer server(
        [&](Connection& peer) {
          peer.readHead();
          peer.readChunk();
          if (reset) return peer.reset();
          peer.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\ndenied");
          peer.waitForPeerEnd();
        },
        context.get());
    trustAuthority();
    Upload live(*this);
    live.body.parts.push_back("frame");
    startUpload(live, server.url());
    ASSERT_TRUE(live.heard.ended.wait());
    EXPECT_EQ(live.heard.succeeded(), !reset);
    EXPECT_EQ(live.heard.data, reset ? "" : "denied");
  }
}

TEST(CaStore, FindsTheDistributionsBundle) {
  if (defaultCaFile().empty()) GTEST_SKIP() << "no CA bundle on this machine";
  const auto store = loadCaStore("");
  ASSERT_TRUE(store);
  EXPECT_NE(store->get(), nullptr);
}

TEST(CaStore, FilesThatAreNoBundlesOfAnybodysAreNotRead) {
  const TemporaryFolder folder;
  const Authority authority;
  const fs::path file = folder.path() / "ca.pem";
  authority.writePem(file);
  EXPECT_TRUE(loadCaStore(file.string()));
  fs::resize_file(file, std::uintmax_t{17} << 20);
  EXPECT_FALSE(loadCaStore(file.string()));
}

TEST(CaStore, OfSeveralPlacesOneWithACertificateIsEnough) {
  const TemporaryFolder folder;
  const Authority authority;
  const fs::path file = folder.path() / "ca.pem";
  authority.writePem(file);
  const std::string nowhere = (folder.path() / "missing").string();
  EXPECT_TRUE(loadCaStore(CaPlaces{{nowhere, file.string()}, "SSL_CERT_FILE and SSL_CERT_DIR"}));
  EXPECT_TRUE(loadCaStore(CaPlaces{{file.string(), nowhere}, "SSL_CERT_FILE and SSL_CERT_DIR"}));
}

TEST(CaStore, TheErrorNamesWhoNamedThePlaces) {
  const auto store = loadCaStore(CaPlaces{{"/nowhere/ca.pem", "/nowhere/else"}, "SSL_CERT_DIR"});
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message, HasSubstr("/nowhere/ca.pem, /nowhere/else (SSL_CERT_DIR)"));
}

TEST(CaStore, AnEmptyFolderIsAnError) {
  const TemporaryFolder folder;
  const auto store = loadCaStore(folder.path().string());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::fatal);
}

TEST(CaStore, WithoutADescriptorIsReadLaterAndSaysWhichLimitIsInTheWay) {
  if (kAddressSanitizer) GTEST_SKIP() << "the sanitizer itself opens files to check objects";
  const TemporaryFolder folder;
  const Authority authority;
  const fs::path file = folder.path() / "ca.pem";
  authority.writePem(file);
  for (const std::string& path : {file.string(), folder.path().string()}) {
    EXPECT_EQ(inChild([&] {
                const auto store = [&] {
                  const NoDescriptors full;
                  return loadCaStore(path);
                }();
                if (store) return 1;
                if (store.error().kind != ErrorKind::retryable) return 2;
                if (store.error().message.find("RLIMIT_NOFILE") == std::string::npos) return 3;
                return loadCaStore(path) ? 0 : 4;
              }),
              0)
        << path;
  }
}

TEST(CaStore, OfAFolderIsNotLoadedInPartForLackOfADescriptor) {
  if (kAddressSanitizer) GTEST_SKIP() << "the sanitizer itself opens files to check objects";
  const TemporaryFolder folder;
  const Authority authority;
  authority.writePem(folder.path() / "ca.pem");
  const CaPlaces places{{(folder.path() / "ca.pem").string(), folder.path().string()}, {}};
  // One descriptor is enough for the file, and for the folder without what is in it.
  EXPECT_EQ(inChild([&] {
              const NoDescriptors one(1);
              const auto store = loadCaStore(places);
              return !store && store.error().kind == ErrorKind::retryable ? 0 : 1;
            }),
            0);
}

TEST(Trust, WithoutADescriptorForTheWorkerSaysSoAndIsLoadedLater) {
  if (kAddressSanitizer) GTEST_SKIP() << "the sanitizer itself opens files to check objects";
  const TemporaryFolder folder;
  const Authority authority;
  const fs::path file = folder.path() / "ca.pem";
  authority.writePem(file);
  EXPECT_EQ(inChild([&] {
              const auto loop = Loop::shared();
              const auto trust = std::make_shared<Trust>(loop, CaPlaces{{file.string()}, {}});
              const auto load = [&] {
                std::promise<Result<void>> loaded;
                loop->post([&] {
                  trust->whenLoaded([&](const Result<void>& result) { loaded.set_value(result); });
                });
                return loaded.get_future().get();
              };
              if (!loop->start()) return 1;
              {
                const NoDescriptors full;
                const auto refused = load();
                if (refused || refused.error().kind != ErrorKind::retryable) return 2;
                if (refused.error().message.find("RLIMIT_NOFILE") == std::string::npos) return 3;
              }
              return load() ? 0 : 4;
            }),
            0);
}

// --- mutual TLS ---

class MutualTlsTest : public TlsTest {
 protected:
  MutualTlsTest() { clients.demandFrom(context.get()); }

  void call(Upload& heard, const RawServer& server, std::optional<TlsIdentity> identity) {
    Request request;
    request.method = "GET";
    request.url = server.url();
    if (identity) request.identity = std::make_shared<const TlsIdentity>(std::move(*identity));
    startOn(heard, std::move(request));
    ASSERT_TRUE(heard.heard.ended.wait());
  }
  TlsIdentity identity() const {
    TlsIdentity made = clients.client();
    made.authorities = authority.pem();
    return made;
  }
  static void answer(Connection& peer) {
    if (peer.readHead().empty()) return;
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    peer.waitForPeerEnd();
  }

  Authority clients;
};

TEST_F(MutualTlsTest, ShowsItsCertificateAndTrustsTheAuthoritiesThatComeWithIt) {
  RawServer server(&MutualTlsTest::answer, context.get());
  Upload good(*this);  // the transport itself trusts nobody who is here
  call(good, server, identity());
  EXPECT_TRUE(good.heard.succeeded()) << good.heard.error().message;
  EXPECT_EQ(good.heard.data, "ok");
}

TEST_F(MutualTlsTest, WithoutAuthoritiesTheTransportsOwnCount) {
  RawServer server(&MutualTlsTest::answer, context.get());
  trustAuthority();
  TlsIdentity plain = identity();
  plain.authorities.clear();
  Upload good(*this);
  call(good, server, std::move(plain));
  EXPECT_TRUE(good.heard.succeeded()) << good.heard.error().message;
}

TEST_F(MutualTlsTest, OnlyTheAuthoritiesThatComeWithItAreTrusted) {
  RawServer server(&MutualTlsTest::answer, context.get());
  trustAuthority();
  TlsIdentity strange = identity();
  strange.authorities = clients.pem();
  Upload refused(*this);
  call(refused, server, std::move(strange));
  ASSERT_FALSE(refused.heard.succeeded());
  EXPECT_EQ(refused.heard.error().code, StatusCode::clientAuthFailed);
}

TEST_F(MutualTlsTest, AnIdentityIsNotLentToTheNextRequest) {
  RawServer server(&MutualTlsTest::answer, context.get());
  trustAuthority();
  Upload first(*this);
  call(first, server, identity());
  ASSERT_TRUE(first.heard.succeeded());
  Upload second(*this);
  call(second, server, std::nullopt);
  EXPECT_FALSE(second.heard.succeeded());
}

TEST_F(MutualTlsTest, ACertificateThatTheServerDoesNotTakeIsTold) {
  // With TLS 1.3 the server's word would race with the request behind the handshake.
  const TlsContext older = authority.server("IP:127.0.0.1", TLS1_2_VERSION, TLS1_2_VERSION);
  clients.demandFrom(older.get());
  RawServer server(&MutualTlsTest::answer, older.get());
  TlsIdentity strange = Authority().client();
  strange.authorities = authority.pem();
  Upload refused(*this);
  call(refused, server, std::move(strange));
  ASSERT_FALSE(refused.heard.succeeded());
  EXPECT_EQ(refused.heard.error().code, StatusCode::clientAuthFailed);
  EXPECT_EQ(refused.heard.error().kind, ErrorKind::retryable) << "it may be activated yet";
  EXPECT_THAT(refused.heard.error().message, HasSubstr("does not accept the client certificate"));
}

TEST_F(MutualTlsTest, AKeyThatIsNoneIsAClearError) {
  RawServer server(&MutualTlsTest::answer, context.get());
  TlsIdentity broken = identity();
  broken.key = Secret("no key at all");
  Upload refused(*this);
  call(refused, server, std::move(broken));
  ASSERT_FALSE(refused.heard.succeeded());
  EXPECT_THAT(refused.heard.error().message, HasSubstr("client certificate or key"));
}

TEST_F(MutualTlsTest, AKeyWithAPasswordIsAClearErrorAndNobodyIsAskedForIt) {
  RawServer server(&MutualTlsTest::answer, context.get());
  TlsIdentity locked = clients.client("secret");
  locked.authorities = authority.pem();
  Upload refused(*this);
  call(refused, server, std::move(locked));
  ASSERT_FALSE(refused.heard.succeeded());
  EXPECT_EQ(refused.heard.error().kind, ErrorKind::fatal);
  EXPECT_THAT(refused.heard.error().message, HasSubstr("the key may have no password"));
}

}  // namespace
}  // namespace kvs::net::test
