// The neighbours of a word, asked of a running annod:
//
//   ./quickstart --keep
//   bazel run //examples:first_query -- localhost:7077 violin

#include <iostream>
#include <memory>

#include "client/client.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: first_query SERVER WORD\n";
    return 2;
  }
  annod::ClientOptions options;
  options.target = argv[1];
  const auto client = annod::Client::Create(options);
  if (!client.ok()) {
    std::cerr << client.status() << "\n";
    return 1;
  }
  annod::client::QueryOptions query;
  query.n = 5;
  query.search_k =
      5000;  // larger: slower, and finds more of the true neighbours
  query.include_labels = true;
  const auto answer = (*client)->GetNns(
      "words", {annod::client::Query::OfLabel(argv[2])}, query);
  if (!answer.ok()) {
    std::cerr << answer.status() << "\n";  // reason: annod::ErrorReason(status)
    return 1;
  }
  const annod::client::NeighborList& neighbours = answer->results[0];
  for (size_t i = 0; i < neighbours.ids.size(); ++i) {
    std::cout << neighbours.distances[i] << " " << neighbours.labels[i] << "\n";
  }
}
