#ifndef ANNOD_TESTS_SERVER_TESTING_RAW_HTTP_H_
#define ANNOD_TESTS_SERVER_TESTING_RAW_HTTP_H_

#include <string>

namespace annod {

// Sends `request` as it is to 127.0.0.1 and returns all that comes back until
// the server closes; empty if there is no server. Gives up after 10 s.
std::string RawHttp(int port, const std::string& request);

// The answer to GET `path`: status code (0: no answer) and body.
struct HttpAnswer {
  int status = 0;
  std::string body;
};
HttpAnswer HttpGet(int port, const std::string& path);

}  // namespace annod

#endif  // ANNOD_TESTS_SERVER_TESTING_RAW_HTTP_H_
