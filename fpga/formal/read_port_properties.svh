  // AXI: ARVALID stays and its payload is stable until ARREADY; RREADY is always there. No more bursts are open than their queue holds, and
  // each belongs to a client that asked.
  logic started_q = 1'b0;

  always @(posedge clk_i) begin
    started_q <= 1'b1;
    assume (rst_ni == started_q);
    // Memory answers what is open; bursts are well formed (read_channel).
    assume (!rvalid_i || open != '0);
    for (int unsigned c = 0; c < Clients; c++) assume (!burst_valid_i[c] || (burst_beats_i[c] != '0 && burst_beats_i[c] <= 7'd64));
    // A client withdraws its burst only when it is taken, or in a flush.
    if (started_q && $past(rst_ni)) begin
      for (int unsigned c = 0; c < Clients; c++) begin
        if ($past(burst_valid_i[c] && !burst_taken_o[c] && !flush_i)) assume (burst_valid_i[c] || flush_i);
        if ($past(burst_taken_o[c])) assume (!burst_valid_i[c]);
      end
    end
    if (started_q && rst_ni) begin
      if ($past(rst_ni && arvalid_o && !arready_i)) begin
        assert (arvalid_o);
        assert (araddr_o == $past(araddr_o) && arlen_o == $past(arlen_o));
      end
      assert (rready_o);
      assert (open <= order_t'(Order));
      if (open == order_t'(Order)) assert (!send);
      if (picked_q && !$past(flush_i)) assert (burst_valid_i[grant_q] || flush_i);
      if (send) assert (slice_ready);
      assert ((burst_taken_o & (burst_taken_o - Clients'(1))) == '0);
      assert ((beat_valid_o & (beat_valid_o - Clients'(1))) == '0);
      // The picking looks at the queue of the cycle before: there is room for what was picked then.
      if (order_free_q) assert (open <= order_t'(Order - 1));
      if (picked_q) assert (open <= order_t'(Order - 1));
      if ($past(rst_ni)) assert (order_free_q == ($past(open) < order_t'(Order - 1)));
    end
  end
