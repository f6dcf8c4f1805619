// SPDX-License-Identifier: Apache-2.0
// The smallest application: it has nothing but the installed headers and the installed library. That a
// configuration without a usable budget is refused shows that the library is linked and answers.
#include <producer.h>

#include <cstdio>

int main() {
  kvs::ProducerConfig config;
  config.storageSize = 0;
  const auto producer = kvs::Producer::create(config);
  if (producer) {
    std::fprintf(stderr, "a storage size of 0 was accepted\n");
    return 1;
  }
  std::printf("refused as it should be: %s\n", producer.error().message.c_str());
  return 0;
}
