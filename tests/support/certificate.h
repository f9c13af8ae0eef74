#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace muster::testing {

/// A certificate that signs itself, for "localhost", in two PEM files.
struct Certificate {
  Certificate(const std::filesystem::path& folder, const std::string& name)
      : certificate((folder / (name + ".pem")).string()), key((folder / (name + ".key")).string()) {
    write(certificate, key, name);
  }

  /// Puts another one in its place.
  static void write(const std::string& certificate, const std::string& key, const std::string& name) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), &X509_free);
    X509_set_version(x509.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(x509.get()), 3600);
    X509_set_pubkey(x509.get(), pair.get());
    X509_NAME* subject = X509_get_subject_name(x509.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1,
                               -1, 0);
    X509_set_issuer_name(x509.get(), subject);
    X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(x509.get(), names, -1);
    X509_EXTENSION_free(names);
    X509_sign(x509.get(), pair.get(), EVP_sha256());
    const std::unique_ptr<BIO, decltype(&BIO_free)> public_part(BIO_new(BIO_s_mem()), &BIO_free);
    const std::unique_ptr<BIO, decltype(&BIO_free)> secret_part(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_X509(public_part.get(), x509.get());
    PEM_write_bio_PrivateKey(secret_part.get(), pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::ofstream(key) << text_of(secret_part.get());
    std::ofstream(certificate) << text_of(public_part.get());
  }

  static std::string text_of(BIO* memory) {
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory, &text);
    return {text, static_cast<std::size_t>(size)};
  }

  const std::string certificate;
  const std::string key;
};

}  // namespace muster::testing
