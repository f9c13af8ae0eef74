#include "tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

namespace muster::api {
namespace {

using grpc::experimental::FileWatcherCertificateProvider;
using grpc::experimental::TlsServerCredentialsOptions;

using File = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

/// How long before its end a certificate is warned of.
constexpr int kWarnDays = 14;

File open_file(const std::string& path) {
  File file(BIO_new_file(path.c_str(), "r"), &BIO_free);
  if (!file) throw std::runtime_error("cannot read " + path + ": " + std::generic_category().message(errno));
  return file;
}

Certificate read_certificate(const std::string& path) {
  Certificate certificate(PEM_read_bio_X509(open_file(path).get(), nullptr, nullptr, nullptr), &X509_free);
  if (!certificate) throw std::runtime_error(path + " does not begin with a certificate in PEM");
  return certificate;
}

/// Clients refuse it then, but whoever is to renew it may need the server, so that it starts all the same.
void warn_of_end(const X509* certificate, const std::string& path) {
  int days = 0;
  int seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate)) != 1) return;
  if (days < 0 || seconds < 0) {
    spdlog::warn("tls: the certificate in {} has expired: clients refuse it", path);
  } else if (days < kWarnDays) {
    spdlog::warn("tls: the certificate in {} expires in {} days", path, days);
  }
}

}  // namespace

void check_tls(const TlsOptions& options) {
  const Certificate certificate = read_certificate(options.certificate);
  const auto no_password = [](char*, int, int, void*) { return -1; };  // else OpenSSL asks at the terminal
  const Key key(PEM_read_bio_PrivateKey(open_file(options.key).get(), nullptr, no_password, nullptr), &EVP_PKEY_free);
  if (!key) throw std::runtime_error(options.key + " does not hold a private key in PEM without a password");
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    throw std::runtime_error(options.key + " is not the key of the certificate in " + options.certificate);
  }
  if (!options.client_ca.empty()) read_certificate(options.client_ca);
}

std::shared_ptr<grpc::ServerCredentials> tls_credentials(const TlsOptions& options) {
  check_tls(options);
  warn_of_end(read_certificate(options.certificate).get(), options.certificate);
  const auto interval = static_cast<unsigned int>(options.look_interval.count());
  TlsServerCredentialsOptions tls(
      std::make_shared<FileWatcherCertificateProvider>(options.key, options.certificate, options.client_ca, interval));
  tls.watch_identity_key_cert_pairs();
  if (!options.client_ca.empty()) {
    tls.watch_root_certs();
    tls.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(tls);
}

}  // namespace muster::api
