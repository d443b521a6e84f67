// Strongly connected components of a graph whose nodes are numbers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace fcformat {

// The components that can be reached from the roots, those that an edge leads to first. `edges(node, &to)` writes where
// a node's edges lead. Tarjan's algorithm (SIAM J. Comput. 1(2), 1972) with a stack of its own: a path may be long.
template <typename Edges>
std::vector<std::vector<uint32_t>> strongly_connected(size_t nodes, const std::vector<uint32_t>& roots, Edges&& edges) {
  struct Visit {
    uint32_t id;
    size_t next;
    std::vector<uint32_t> to;
  };
  std::vector<std::vector<uint32_t>> out;
  std::vector<uint32_t> number(nodes, 0), lowest(nodes, 0), open;
  std::vector<uint8_t> is_open(nodes, 0);
  uint32_t count = 0;
  std::vector<Visit> path;
  auto enter = [&](uint32_t id) {
    number[id] = lowest[id] = ++count;
    open.push_back(id);
    is_open[id] = 1;
    path.push_back({id, 0, {}});
    edges(id, &path.back().to);
  };
  for (uint32_t root : roots) {
    if (number[root] != 0) continue;
    enter(root);
    while (!path.empty()) {
      Visit& visit = path.back();
      if (visit.next < visit.to.size()) {
        uint32_t to = visit.to[visit.next++];
        if (number[to] == 0) {
          enter(to);
        } else if (is_open[to]) {
          lowest[visit.id] = std::min(lowest[visit.id], number[to]);
        }
        continue;
      }
      uint32_t id = visit.id;
      path.pop_back();
      if (!path.empty()) lowest[path.back().id] = std::min(lowest[path.back().id], lowest[id]);
      if (lowest[id] != number[id]) continue;
      out.emplace_back();
      do {
        out.back().push_back(open.back());
        is_open[open.back()] = 0;
        open.pop_back();
      } while (out.back().back() != id);
    }
  }
  return out;
}

}  // namespace fcformat
