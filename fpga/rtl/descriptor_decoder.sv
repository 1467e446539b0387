// Splits a descriptor, eight little-endian 64-bit words with the first in the lowest bits, into its fields.
//
// bad_o: an unknown operation, a flag, a reserved bit or word that is not zero, or an address that is no multiple of 8 (the destination of
// LoadVector is an index, not an address). Two cycles: the fields are registered, bad_o a cycle after them.

module descriptor_decoder (
  input  logic                   clk_i,
  input  logic                   load_i,
  input  logic [511:0]           words_i,
  output shell_pkg::descriptor_t fields_o,
  output logic                   bad_o
);

  shell_pkg::descriptor_t fields_q;
  logic                   reserved_q, bad_q;

  always_ff @(posedge clk_i) begin
    if (load_i) begin
      fields_q.operation      <= words_i[7:0];
      fields_q.flags          <= words_i[15:8];
      fields_q.tag            <= words_i[31:16];
      fields_q.context_id     <= words_i[47:32];
      fields_q.items          <= words_i[63:48];
      fields_q.limbs          <= words_i[79:64];
      fields_q.exponent_limbs <= words_i[95:80];
      fields_q.exponent_bits  <= words_i[111:96];
      fields_q.source         <= words_i[191:128];
      fields_q.aux            <= words_i[255:192];
      fields_q.destination    <= words_i[319:256];
      reserved_q              <= words_i[127:112] != '0 || words_i[511:320] != '0;
    end
  end

  logic known, aligned;
  assign known = fields_q.operation < 8'd16 && card_pkg::Operations[fields_q.operation[3:0]];
  assign aligned = fields_q.source[2:0] == '0 && fields_q.aux[2:0] == '0
                   && (fields_q.destination[2:0] == '0 || fields_q.operation == card_pkg::OpLoadVector);

  always_ff @(posedge clk_i) begin
    bad_q <= !known || fields_q.flags != '0 || reserved_q || !aligned;
  end

  assign fields_o = fields_q;
  assign bad_o    = bad_q;

endmodule
