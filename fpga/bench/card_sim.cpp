// The Verilated card behind a line protocol, for measurements that a simulator driven from Python would take hours for.
//
// Standard input, one command a line, numbers hexadecimal; answers on standard output:
//   w OFFSET VALUE            register write              r OFFSET             register read -> value
//   m ADDRESS WORD...         host memory                 d ADDRESS COUNT      host memory -> words
//   u ADDRESS MASK VALUE MAX  clocks until the host's word has the value under the mask -> cycles it took, or "timeout"
//   p OFFSET MASK VALUE MAX   the same for a register, read again and again
// Memories answer a read after a fixed number of cycles (arguments 1 and 2: host's, card's), then a word a cycle, in order.
// Outside what was written with `m`, host memory reads as zero: what the card may not touch is the benches' matter, not this one's.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <sstream>
#include <string>
#include <unordered_map>

#include "Vcard.h"
#include "verilated.h"

double sc_time_stamp() { return 0; }

namespace {

struct Burst {
  uint64_t address;
  unsigned left;
  uint8_t id;
  uint64_t ready;  // the cycle from which it is answered
};

// One AXI4 slave. `Bus` gives references to the master's signals.
template <typename Bus>
struct Memory {
  Bus bus;
  uint64_t latency;
  std::unordered_map<uint64_t, uint64_t> words;
  std::deque<Burst> reads, writes, responses;

  void offer(uint64_t now) {  // inputs of the card for this cycle
    *bus.arready = *bus.awready = *bus.wready = 1;
    bool const read = !reads.empty() && reads.front().ready <= now;
    *bus.rvalid = read;
    *bus.rresp = 0;
    if (read) {
      auto const found = words.find(reads.front().address >> 3);
      *bus.rdata = found == words.end() ? 0 : found->second;
      *bus.rid = reads.front().id;
      *bus.rlast = reads.front().left == 1;
    }
    bool const answer = !responses.empty() && responses.front().ready <= now;
    *bus.bvalid = answer;
    *bus.bresp = 0;
    if (answer) *bus.bid = responses.front().id;
  }

  void take(uint64_t now) {  // transfers of the edge that comes, from what both sides show before it
    if (*bus.rvalid && *bus.rready) {
      reads.front().address += 8;
      if (--reads.front().left == 0) reads.pop_front();
    }
    if (*bus.bvalid && *bus.bready) responses.pop_front();
    if (*bus.arvalid) reads.push_back({*bus.araddr, *bus.arlen + 1u, *bus.arid, now + latency});
    if (*bus.awvalid) writes.push_back({*bus.awaddr, *bus.awlen + 1u, *bus.awid, 0});
    // Data that comes before its address waits; the ready signals are always up, so it is kept.
    if (*bus.wvalid) early.push_back({*bus.wdata, *bus.wstrb});
    while (!early.empty() && !writes.empty()) {
      Burst& burst = writes.front();
      uint64_t& word = words[burst.address >> 3];
      for (int byte = 0; byte < 8; byte++) {
        uint64_t const mask = uint64_t{0xff} << (8 * byte);
        if (early.front().second >> byte & 1) word = (word & ~mask) | (early.front().first & mask);
      }
      early.pop_front();
      burst.address += 8;
      if (--burst.left == 0) {
        responses.push_back({0, 0, burst.id, now + latency});
        writes.pop_front();
      }
    }
  }

  std::deque<std::pair<uint64_t, uint8_t>> early;
};

#define BUS(NAME, PREFIX)                                                                                                       \
  struct NAME {                                                                                                                 \
    explicit NAME(Vcard& c)                                                                                                     \
        : arvalid(&c.PREFIX##_arvalid), arready(&c.PREFIX##_arready), arlen(&c.PREFIX##_arlen), arid(&c.PREFIX##_arid),         \
          araddr(&c.PREFIX##_araddr), rvalid(&c.PREFIX##_rvalid), rready(&c.PREFIX##_rready), rlast(&c.PREFIX##_rlast),         \
          rid(&c.PREFIX##_rid), rresp(&c.PREFIX##_rresp), rdata(&c.PREFIX##_rdata), awvalid(&c.PREFIX##_awvalid),               \
          awready(&c.PREFIX##_awready), awlen(&c.PREFIX##_awlen), awid(&c.PREFIX##_awid), awaddr(&c.PREFIX##_awaddr),           \
          wvalid(&c.PREFIX##_wvalid), wready(&c.PREFIX##_wready), wstrb(&c.PREFIX##_wstrb), wdata(&c.PREFIX##_wdata),           \
          bvalid(&c.PREFIX##_bvalid), bready(&c.PREFIX##_bready), bid(&c.PREFIX##_bid), bresp(&c.PREFIX##_bresp) {}             \
    CData *arvalid, *arready, *arlen, *arid;                                                                                    \
    QData* araddr;                                                                                                              \
    CData *rvalid, *rready, *rlast, *rid, *rresp;                                                                               \
    QData* rdata;                                                                                                               \
    CData *awvalid, *awready, *awlen, *awid;                                                                                    \
    QData* awaddr;                                                                                                              \
    CData *wvalid, *wready, *wstrb;                                                                                             \
    QData* wdata;                                                                                                               \
    CData *bvalid, *bready, *bid, *bresp;                                                                                       \
  };

BUS(HostBus, m_host)
BUS(CardBus, m_mem)

struct Simulation {
  VerilatedContext context;
  Vcard card;
  Memory<HostBus> host;
  Memory<CardBus> memory;
  uint64_t now = 0;

  Simulation(uint64_t host_latency, uint64_t card_latency)
      : card(&context), host{HostBus(card), host_latency, {}, {}, {}, {}, {}}, memory{CardBus(card), card_latency, {}, {}, {}, {}, {}} {
    card.rst_ni = 0;
    for (int i = 0; i < 4; i++) clock();
    card.rst_ni = 1;
  }

  void clock() {
    host.offer(now);
    memory.offer(now);
    card.clk_i = 0;
    card.eval();
    if (card.rst_ni) {
      host.take(now);
      memory.take(now);
    }
    card.clk_i = 1;
    card.eval();
    now++;
  }

  // A transfer happens at the edge before which valid and ready are both seen.
  void write(uint32_t offset, uint32_t value) {
    card.s_axil_awaddr = offset;
    card.s_axil_wdata = value;
    card.s_axil_wstrb = 15;
    card.s_axil_awvalid = card.s_axil_wvalid = card.s_axil_bready = 1;
    bool done = false;
    while (!done) {
      settle();
      bool const aw = card.s_axil_awvalid && card.s_axil_awready, w = card.s_axil_wvalid && card.s_axil_wready;
      done = card.s_axil_bvalid;
      clock();
      if (aw) card.s_axil_awvalid = 0;
      if (w) card.s_axil_wvalid = 0;
    }
    card.s_axil_bready = 0;
  }

  uint32_t read(uint32_t offset) {
    card.s_axil_araddr = offset;
    card.s_axil_arvalid = card.s_axil_rready = 1;
    for (;;) {
      settle();
      bool const ar = card.s_axil_arvalid && card.s_axil_arready, done = card.s_axil_rvalid;
      uint32_t const value = card.s_axil_rdata;
      clock();
      if (ar) card.s_axil_arvalid = 0;
      if (done) {
        card.s_axil_rready = 0;
        return value;
      }
    }
  }

  void settle() {
    card.clk_i = 0;
    card.eval();
  }
};

void serve(Simulation& simulation, std::string const& line) {
  std::istringstream in(line);
  in >> std::hex;
  std::string command;
  uint64_t a = 0, b = 0, c = 0, limit = 0;
  in >> command >> a;
  if (command == "w") {
    in >> b;
    simulation.write(a, b);
  } else if (command == "r") {
    std::printf("%x\n", simulation.read(a));
  } else if (command == "m") {
    for (a >>= 3; in >> b; a++) simulation.host.words[a] = b;
  } else if (command == "d") {
    in >> b;
    for (uint64_t i = 0; i < b; i++) std::printf("%lx%c", simulation.host.words[(a >> 3) + i], i + 1 < b ? ' ' : '\n');
  } else if (command == "u" || command == "p") {
    in >> b >> c >> limit;
    uint64_t const start = simulation.now;
    for (;;) {
      uint64_t const value = command == "p" ? simulation.read(a) : simulation.host.words[a >> 3];
      if ((value & b) == c) break;
      if (simulation.now - start >= limit) {
        std::printf("timeout\n");
        return;
      }
      simulation.clock();
    }
    std::printf("%lx\n", simulation.now - start);
  } else {
    std::fprintf(stderr, "card_sim: unknown command %s\n", command.c_str());
    std::exit(2);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: card_sim HOST_LATENCY CARD_LATENCY\n");
    return 2;
  }
  Simulation simulation(std::strtoull(argv[1], nullptr, 10), std::strtoull(argv[2], nullptr, 10));
  std::string line;
  while (std::getline(std::cin, line)) {
    serve(simulation, line);
    std::fflush(stdout);
  }
}
