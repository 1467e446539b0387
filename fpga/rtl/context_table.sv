// What the dispatcher knows of each key context: loaded or not, its width, its table, its vector. No key is here.
//
// Reads take one cycle. set_* are pulses; clear_all_i forgets every context.

module context_table #(
  parameter int unsigned Contexts = 16
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        clear_all_i,

  input  logic [15:0] id_i,
  output logic        known_o,          // the id is one of this card's
  output logic        loaded_o,
  output logic [7:0]  limbs_o,
  output logic [15:0] exponent_bits_o,  // of its table, 0 without one
  output logic [31:0] vector_items_o,

  input  logic        unload_i,
  input  logic        load_i,
  input  logic [7:0]  load_limbs_i,
  input  logic [15:0] load_exponent_bits_i,
  input  logic        vector_i,
  input  logic [31:0] vector_items_i
);

  localparam int unsigned IdWidth = Contexts > 1 ? $clog2(Contexts) : 1;

  logic [Contexts-1:0]       loaded_q;
  logic [Contexts-1:0][7:0]  limbs_q;
  logic [Contexts-1:0][15:0] exponent_bits_q;
  logic [Contexts-1:0][31:0] vector_items_q;

  logic [IdWidth-1:0] index;
  assign index = id_i[IdWidth-1:0];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      loaded_q <= '0;
    end else if (clear_all_i) begin
      loaded_q <= '0;
    end else begin
      if (unload_i) loaded_q[index] <= 1'b0;
      if (load_i) loaded_q[index] <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (load_i) begin
      limbs_q[index]         <= load_limbs_i;
      exponent_bits_q[index] <= load_exponent_bits_i;
      vector_items_q[index]  <= '0;
    end
    if (vector_i) vector_items_q[index] <= vector_items_i;
  end

  always_ff @(posedge clk_i) begin
    known_o         <= id_i < 16'(Contexts);
    loaded_o        <= loaded_q[index];
    limbs_o         <= limbs_q[index];
    exponent_bits_o <= exponent_bits_q[index];
    vector_items_o  <= vector_items_q[index];
  end

endmodule
