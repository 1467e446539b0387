// Records that the blocks around the engines pass to each other.

package shell_pkg;

  // A descriptor as the host wrote it; drivers/card-csr describes the fields.
  typedef struct packed {
    logic [7:0]  operation;
    logic [7:0]  flags;
    logic [15:0] tag;
    logic [15:0] context_id;
    logic [15:0] items;
    logic [15:0] limbs;
    logic [15:0] exponent_limbs;
    logic [15:0] exponent_bits;
    logic [63:0] source;
    logic [63:0] aux;
    logic [63:0] destination;
  } descriptor_t;

  // The end of a job, before the ring unit adds sequence number and phase. With a fault the card locks once this is written.
  typedef struct packed {
    logic [15:0] tag;
    logic [7:0]  status;
    logic [15:0] items;
    logic [63:0] bytes;
    logic [7:0]  fault;
  } completion_t;

  // Bursts never cross a multiple of this many 64-bit words, hence no 4 KiB boundary either.
  localparam int unsigned BurstWords = 64;

  // CAPABILITIES.max_ring_log2.
  localparam int unsigned MaxRingLog2 = 10;

endpackage
