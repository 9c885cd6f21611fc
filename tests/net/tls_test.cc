#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "node/tls/context.h"
#include "node/tls/peer_identity.h"
#include "tests/net/certificates.h"

namespace puhui::node::tls {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using testing::kAlways;
using testing::new_authority;
using Stream = asio::ssl::stream<asio::local::stream_protocol::socket>;

// A handshake over a socket pair, and what each side made of it.
struct Meeting {
  asio::io_context io;
  Stream client;
  Stream server;
  error_code client_error;
  error_code server_error;

  Meeting(const Context& client_side, const Context& server_side)
      : client(io, *client_side), server(io, *server_side) {
    asio::local::connect_pair(client.next_layer(), server.next_layer());
    client.async_handshake(asio::ssl::stream_base::client, [this](error_code error) {
      client_error = error;
      if (error) client.next_layer().close();
    });
    server.async_handshake(asio::ssl::stream_base::server, [this](error_code error) {
      server_error = error;
      if (error) server.next_layer().close();
    });
    io.run();
  }

  std::string version() { return SSL_get_version(client.native_handle()); }
};

// What the openssl program says of a certificate; a reader that is not ours.
std::string openssl_text(const std::string& pem) {
  const auto path =
      std::filesystem::temp_directory_path() / ("puhui-net-" + std::to_string(getpid()) + ".pem");
  std::ofstream(path) << pem;
  std::string text;
  FILE* pipe = popen(("openssl x509 -noout -text -in " + path.string() + " 2>&1").c_str(), "r");
  char buffer[4096];
  while (const std::size_t size = fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, size);
  EXPECT_EQ(pclose(pipe), 0) << text;
  std::filesystem::remove(path);
  return text;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

PeerIdentity new_identity() { return PeerIdentity::create(crypto::SecretKey::generate()).value(); }

PinCheck only(const crypto::PublicKey& key) {
  return [key](const crypto::PublicKey& shown) { return shown == key; };
}

TEST(PeerIdentity, TwoNodesProveTheirKeysToEachOther) {
  const PeerIdentity a = new_identity();
  const PeerIdentity b = new_identity();
  Meeting meeting(a.context(only(b.public_key())), b.context(only(a.public_key())));
  EXPECT_FALSE(meeting.client_error) << meeting.client_error.message();
  EXPECT_FALSE(meeting.server_error) << meeting.server_error.message();
  EXPECT_EQ(meeting.version(), "TLSv1.3");
  EXPECT_EQ(peer_key(meeting.client.native_handle()), b.public_key());
  EXPECT_EQ(peer_key(meeting.server.native_handle()), a.public_key());
}

TEST(PeerIdentity, EitherSideRefusesAKeyThatIsNotWelcome) {
  const PeerIdentity a = new_identity();
  const PeerIdentity b = new_identity();
  const PeerIdentity stranger = new_identity();
  Meeting dialled(stranger.context(only(b.public_key())), b.context(only(a.public_key())));
  EXPECT_TRUE(dialled.server_error);
  Meeting answered(a.context(only(b.public_key())), stranger.context(only(a.public_key())));
  EXPECT_TRUE(answered.client_error);
}

TEST(PeerIdentity, ANodeWithoutACertificateIsRefused) {
  const PeerIdentity b = new_identity();
  const Context bare = std::make_shared<asio::ssl::context>(asio::ssl::context::tlsv13);
  Meeting meeting(bare, b.context([](const auto&) { return true; }));
  EXPECT_TRUE(meeting.server_error);
}

TEST(PeerIdentity, ACertificateOfTheCityAuthorityIsNoPeer) {
  const PeerIdentity b = new_identity();
  const auto authority = new_authority();
  const auto client = client_context(authority.certificate_pem(),
                                     authority.issue_client("bank-1", kAlways).value());
  Meeting meeting(client.value(), b.context([](const auto&) { return true; }));
  EXPECT_TRUE(meeting.server_error);
}

TEST(PeerIdentity, OldVersionsOfTlsAreRefused) {
  const PeerIdentity b = new_identity();
  const Context old = std::make_shared<asio::ssl::context>(asio::ssl::context::tlsv12);
  Meeting meeting(old, b.context([](const auto&) { return true; }));
  EXPECT_TRUE(meeting.server_error);
}

TEST(PeerIdentity, ItsCertificateCarriesExactlyItsKey) {
  const auto secret = crypto::SecretKey::from_seed(std::string(31, '\x07') + "\x08").value();
  const PeerIdentity identity = PeerIdentity::create(secret).value();
  EXPECT_EQ(identity.public_key(), secret.public_key());
  const std::string text = openssl_text(identity.certificate_pem());
  EXPECT_TRUE(contains(text, "Public Key Algorithm: ED25519")) << text;
  EXPECT_TRUE(contains(text, "Not After : Dec 31 23:59:59 9999 GMT")) << text;
}

TEST(CityAuthority, SurvivesItsPem) {
  const auto authority = new_authority();
  const auto loaded = CityAuthority::load(authority.certificate_pem(), authority.key_pem());
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->certificate_pem(), authority.certificate_pem());
  const std::string text = openssl_text(loaded->certificate_pem());
  EXPECT_TRUE(contains(text, "CA:TRUE, pathlen:0")) << text;
  EXPECT_TRUE(contains(text, "ASN1 OID: prime256v1")) << text;
}

TEST(CityAuthority, DoesNotLoadWhatIsNotOne) {
  const auto authority = new_authority();
  const auto other = new_authority();
  const auto server = authority.issue_server({"localhost"}, kAlways).value();
  const auto code = [](const std::string& certificate, const std::string& key) {
    const auto loaded = CityAuthority::load(certificate, key);
    return loaded ? ErrorCode::OK : loaded.error().code;
  };
  const std::string& pem = authority.certificate_pem();
  EXPECT_EQ(code(pem, other.key_pem()), ErrorCode::KEY_MALFORMED);
  EXPECT_EQ(code(server.certificate_pem, server.key_pem), ErrorCode::KEY_MALFORMED);
  EXPECT_EQ(code("", ""), ErrorCode::KEY_MALFORMED);
  EXPECT_EQ(code(pem.substr(0, pem.size() / 2), authority.key_pem()), ErrorCode::KEY_MALFORMED);
  EXPECT_EQ(code(authority.key_pem(), pem), ErrorCode::KEY_MALFORMED);
}

TEST(CityAuthority, AnEncryptedKeyIsAnErrorAndAsksNobody) {
  const std::string encrypted =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
      "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgAAAAAAAAAAAICCAAw\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  EXPECT_FALSE(CityAuthority::load(new_authority().certificate_pem(), encrypted));
}

TEST(CityAuthority, IssuesWhatOtherProgramsRead) {
  const auto authority = new_authority();
  const auto server =
      authority.issue_server({"node1.city.example", "127.0.0.1", "::1"}, kAlways).value();
  const std::string text = openssl_text(server.certificate_pem);
  EXPECT_TRUE(contains(text,
                       "DNS:node1.city.example, IP Address:127.0.0.1, "
                       "IP Address:0:0:0:0:0:0:0:1"))
      << text;
  EXPECT_TRUE(contains(text, "TLS Web Server Authentication")) << text;
  const auto client = authority.issue_client("bank/head-office_1", kAlways).value();
  const std::string client_text = openssl_text(client.certificate_pem);
  EXPECT_TRUE(contains(client_text, "URI:puhui:party:bank/head-office_1")) << client_text;
  EXPECT_TRUE(contains(client_text, "Subject: CN = bank/head-office_1")) << client_text;
}

TEST(CityAuthority, RefusesNamesThatCouldSmuggleOthers) {
  const auto authority = new_authority();
  for (const std::string name :
       {"", "a,DNS:evil", "a b", "a\n", "*.city", ".a", "a.", "-a", "1.2.3.4,IP:5.6.7.8"}) {
    EXPECT_FALSE(authority.issue_server({name}, kAlways)) << name;
  }
  EXPECT_FALSE(authority.issue_server({}, kAlways));
  EXPECT_FALSE(authority.issue_server({std::string("a\0b", 3)}, kAlways));
  EXPECT_FALSE(authority.issue_server(std::vector<std::string>(kServerNamesMax + 1, "a"), kAlways));
  for (const std::string id : {"", "Bank", "a,URI:puhui:party:b", "a b", "银行"}) {
    EXPECT_FALSE(authority.issue_client(id, kAlways)) << id;
  }
  EXPECT_FALSE(authority.issue_client(std::string(kCommonNameSizeMax + 1, 'a'), kAlways));
  EXPECT_FALSE(authority.issue_client("a", {2, 1}));
  EXPECT_FALSE(CityAuthority::create("", kAlways));
  EXPECT_FALSE(CityAuthority::create("a\nb", kAlways));
}

// The server side of a city: what clients of various kinds make of it.
struct City {
  CityAuthority authority = new_authority();
  Context server = server_context(authority.issue_server({"localhost"}, kAlways).value(),
                                  authority.certificate_pem())
                       .value();

  Context client(const std::optional<CertifiedKey>& certificate) const {
    return client_context(authority.certificate_pem(), certificate).value();
  }
};

TEST(ServerContext, AnonymousClientsAreServedWithoutAParty) {
  const City city;
  Meeting meeting(city.client({}), city.server);
  EXPECT_FALSE(meeting.client_error) << meeting.client_error.message();
  EXPECT_FALSE(meeting.server_error) << meeting.server_error.message();
  EXPECT_EQ(peer_party(meeting.server.native_handle()), std::nullopt);
}

TEST(ServerContext, AClientCertificateNamesItsParty) {
  const City city;
  Meeting meeting(city.client(city.authority.issue_client("bank-1", kAlways).value()), city.server);
  EXPECT_FALSE(meeting.server_error) << meeting.server_error.message();
  EXPECT_EQ(peer_party(meeting.server.native_handle()), "bank-1");
}

TEST(ServerContext, ACertificateThatDoesNotVerifyEndsTheHandshake) {
  const City city;
  const auto refused = [&](const CertifiedKey& certificate) {
    Meeting meeting(city.client(certificate), city.server);
    return static_cast<bool>(meeting.server_error);
  };
  EXPECT_TRUE(refused(new_authority().issue_client("bank-1", kAlways).value()));
  EXPECT_TRUE(refused(city.authority.issue_client("bank-1", testing::kLongAgo).value()));
  EXPECT_TRUE(refused(city.authority.issue_server({"localhost"}, kAlways).value()))
      << "a server's certificate is not a client's";
}

TEST(ClientContext, TrustsItsAuthorityAlone) {
  const City city;
  const City other;
  Meeting meeting(other.client({}), city.server);
  EXPECT_TRUE(meeting.client_error);
}

TEST(Contexts, SpeakTls12WithForwardSecrecyForOldBrowsers) {
  const City city;
  const Context old = std::make_shared<asio::ssl::context>(asio::ssl::context::tlsv12_client);
  Meeting meeting(old, city.server);
  EXPECT_FALSE(meeting.server_error) << meeting.server_error.message();
  EXPECT_EQ(meeting.version(), "TLSv1.2");
  const std::string cipher = SSL_get_cipher_name(meeting.client.native_handle());
  EXPECT_TRUE(cipher.starts_with("ECDHE-ECDSA-")) << cipher;
}

TEST(Contexts, RefuseKeysThatAreNotTheirCertificates) {
  const City city;
  auto a = city.authority.issue_server({"localhost"}, kAlways).value();
  const auto b = city.authority.issue_server({"localhost"}, kAlways).value();
  a.key_pem = b.key_pem;
  EXPECT_EQ(server_context(a, city.authority.certificate_pem()).error().code,
            ErrorCode::KEY_MALFORMED);
  EXPECT_EQ(server_context(b, "garbage").error().code, ErrorCode::KEY_MALFORMED);
  EXPECT_EQ(client_context("", {}).error().code, ErrorCode::KEY_MALFORMED);
}

}  // namespace
}  // namespace puhui::node::tls
