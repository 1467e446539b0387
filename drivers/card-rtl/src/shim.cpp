// The Verilated design behind a C interface: one call a clock cycle. `Inputs` and `Outputs` are those of design.rs.

#include <cstdint>
#include <cstring>

#include "Vcard.h"
#include "Vcard___024root.h"
#include "verilated.h"

namespace {

struct Inputs {
  uint64_t host_rdata, mem_rdata;
  uint32_t axil_wdata;
  uint16_t axil_awaddr, axil_araddr;
  uint8_t rst_n;
  uint8_t axil_awvalid, axil_wvalid, axil_bready, axil_arvalid, axil_rready;
  uint8_t host_awready, host_wready, host_bid, host_bresp, host_bvalid;
  uint8_t host_arready, host_rid, host_rresp, host_rlast, host_rvalid;
  uint8_t mem_awready, mem_wready, mem_bid, mem_bresp, mem_bvalid;
  uint8_t mem_arready, mem_rid, mem_rresp, mem_rlast, mem_rvalid;
};

struct Outputs {
  uint64_t host_awaddr, host_wdata, host_araddr, mem_awaddr, mem_wdata, mem_araddr;
  uint32_t axil_rdata;
  uint8_t irq;
  uint8_t axil_awready, axil_wready, axil_bvalid, axil_arready, axil_rvalid;
  uint8_t host_awid, host_awlen, host_awvalid, host_wstrb, host_wlast, host_wvalid, host_bready;
  uint8_t host_arid, host_arlen, host_arvalid, host_rready;
  uint8_t mem_awid, mem_awlen, mem_awvalid, mem_wstrb, mem_wlast, mem_wvalid, mem_bready;
  uint8_t mem_arid, mem_arlen, mem_arvalid, mem_rready;
};

struct Design {
  VerilatedContext context;
  Vcard top;

  explicit Design(int seed) : top(configured(context, seed)) { top.clk_i = 0; }
  ~Design() { top.final(); }

  static VerilatedContext* configured(VerilatedContext& context, int seed) {
    context.threads(1);
    context.randReset(2);
    context.randSeed(seed);
    return &context;
  }
};

// Columns that are wide together are an array of words, else one integer.
template <std::size_t Words>
void flip(VlWide<Words>& word) { word[0] ^= 2; }
void flip(QData& word) { word ^= 2; }

}  // namespace

extern "C" {

Design* card_rtl_new(int seed) { return new Design(seed); }

// Verilator's library finds a design's context by the thread it is called in, and a thread that has none takes the one that was made
// last: in a program with several designs that may be another's, or one that is gone.
void card_rtl_delete(Design* design) {
  Verilated::threadContextp(&design->context);
  delete design;
}

// So that the two sides of this interface cannot drift apart unseen.
uint32_t card_rtl_sizes() { return sizeof(Inputs) << 16 | sizeof(Outputs); }

// Applies inputs while the clock is low, gives the outputs as they are before the rising edge, then raises the clock.
void card_rtl_cycle(Design* design, const Inputs* in, Outputs* out) {
  Verilated::threadContextp(&design->context);
  Vcard& t = design->top;
  t.clk_i = 0;
  t.rst_ni = in->rst_n;
  t.s_axil_awaddr = in->axil_awaddr;
  t.s_axil_awprot = 0;
  t.s_axil_awvalid = in->axil_awvalid;
  t.s_axil_wdata = in->axil_wdata;
  t.s_axil_wstrb = 0xf;
  t.s_axil_wvalid = in->axil_wvalid;
  t.s_axil_bready = in->axil_bready;
  t.s_axil_araddr = in->axil_araddr;
  t.s_axil_arprot = 0;
  t.s_axil_arvalid = in->axil_arvalid;
  t.s_axil_rready = in->axil_rready;
#define SLAVE(port)                       \
  t.m_##port##_awready = in->port##_awready; \
  t.m_##port##_wready = in->port##_wready;   \
  t.m_##port##_bid = in->port##_bid;         \
  t.m_##port##_bresp = in->port##_bresp;     \
  t.m_##port##_bvalid = in->port##_bvalid;   \
  t.m_##port##_arready = in->port##_arready; \
  t.m_##port##_rid = in->port##_rid;         \
  t.m_##port##_rdata = in->port##_rdata;     \
  t.m_##port##_rresp = in->port##_rresp;     \
  t.m_##port##_rlast = in->port##_rlast;     \
  t.m_##port##_rvalid = in->port##_rvalid
  SLAVE(host);
  SLAVE(mem);
#undef SLAVE
  t.eval();
  out->irq = t.irq_o;
  out->axil_awready = t.s_axil_awready;
  out->axil_wready = t.s_axil_wready;
  out->axil_bvalid = t.s_axil_bvalid;
  out->axil_arready = t.s_axil_arready;
  out->axil_rvalid = t.s_axil_rvalid;
  out->axil_rdata = t.s_axil_rdata;
#define MASTER(port)                       \
  out->port##_awid = t.m_##port##_awid;       \
  out->port##_awaddr = t.m_##port##_awaddr;   \
  out->port##_awlen = t.m_##port##_awlen;     \
  out->port##_awvalid = t.m_##port##_awvalid; \
  out->port##_wdata = t.m_##port##_wdata;     \
  out->port##_wstrb = t.m_##port##_wstrb;     \
  out->port##_wlast = t.m_##port##_wlast;     \
  out->port##_wvalid = t.m_##port##_wvalid;   \
  out->port##_bready = t.m_##port##_bready;   \
  out->port##_arid = t.m_##port##_arid;       \
  out->port##_araddr = t.m_##port##_araddr;   \
  out->port##_arlen = t.m_##port##_arlen;     \
  out->port##_arvalid = t.m_##port##_arvalid; \
  out->port##_rready = t.m_##port##_rready
  MASTER(host);
  MASTER(mem);
#undef MASTER
  t.clk_i = 1;
  t.eval();
  design->context.timeInc(1);
}

// CARD_RTL_MODULUS: the first engine's memory of moduli, as build.rs found it among the design's public variables.
void card_rtl_corrupt_context(Design* design) { flip(design->top.rootp->CARD_RTL_MODULUS[0]); }

}  // extern "C"
