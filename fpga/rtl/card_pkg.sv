// Codes and records that several blocks of the card share. Register layouts are generated (fpga/regs/card.rdl); descriptor and
// completion layouts are checked against fpga/vectors/descriptors.json.

package card_pkg;

  // Operation codes of descriptors; also bit numbers in OPERATIONS.operations.
  localparam logic [7:0] OpLoadContext = 8'd1;
  localparam logic [7:0] OpUnloadContext = 8'd2;
  localparam logic [7:0] OpModexp = 8'd3;
  localparam logic [7:0] OpFixedBase = 8'd4;
  localparam logic [7:0] OpModmul = 8'd5;
  localparam logic [7:0] OpLoadVector = 8'd6;
  localparam logic [7:0] OpMultiplyAccumulate = 8'd7;
  localparam logic [15:0] Operations = 16'h00fe;

  // Completion status codes.
  localparam logic [7:0] StatusOk = 8'd0;
  localparam logic [7:0] StatusBadDescriptor = 8'd1;
  localparam logic [7:0] StatusBadContext = 8'd2;
  localparam logic [7:0] StatusBadLength = 8'd3;
  localparam logic [7:0] StatusBadOperand = 8'd4;
  localparam logic [7:0] StatusDmaFault = 8'd5;

  // Reasons for LOCKED: card_fault_e of fpga/regs/card.rdl.
  localparam logic [7:0] FaultNone = 8'd0;
  localparam logic [7:0] FaultDma = 8'd1;
  localparam logic [7:0] FaultBadRing = 8'd2;
  localparam logic [7:0] FaultBadDoorbell = 8'd3;
  localparam logic [7:0] FaultInconsistent = 8'd4;
  localparam logic [7:0] FaultCardMemory = 8'd5;
  localparam logic [7:0] FaultHostSilent = 8'd6;
  localparam logic [7:0] FaultCardMemorySilent = 8'd7;
  localparam logic [7:0] FaultHostUnasked = 8'd8;
  localparam logic [7:0] FaultCardMemoryUnasked = 8'd9;

  // Widest modulus in 64-bit limbs.
  localparam int unsigned MaxLimbs = 96;

  // A job as an engine gets it: checked by the dispatcher (codes, ranges, context loaded and as wide as the job).
  typedef struct packed {
    logic [7:0] operation;
    logic       primary;         // this engine also does what touches card memory on load and unload
    logic [7:0] context_id;
    logic [15:0] items;          // 1..65535
    logic [7:0] limbs;           // 1..MaxLimbs
    logic [7:0] exponent_limbs;  // 1..MaxLimbs where the operation has an exponent or an index list
    logic [15:0] exponent_bits;  // of the context's table; LoadContext: of the table to build, 0 for none
    logic [31:0] vector_items;   // MultiplyAccumulate: indices are below this
    logic [63:0] source;
    logic [63:0] aux;
    logic [63:0] destination;    // LoadVector: index of the first item
  } engine_job_t;

  // Where a memory request of an engine goes.
  localparam logic SpaceHost = 1'b0;
  localparam logic SpaceCard = 1'b1;

endpackage
