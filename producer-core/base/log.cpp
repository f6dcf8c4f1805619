// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

namespace kvs {

std::string_view roomName(Room room) {
  switch (room) {
    case Room::stream:
      return "stream";
    case Room::store:
      return "store";
    case Room::media:
      return "media";
    case Room::mkv:
      return "mkv";
    case Room::aws:
      return "aws";
    case Room::net:
      return "net";
  }
  return "";
}

}  // namespace kvs
