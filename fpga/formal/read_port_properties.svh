  // AXI: ARVALID stays and its payload is stable until ARREADY; RREADY is always there. No more bursts are open than their queue holds, and
  // each belongs to a client that asked.
  // Memory may do anything: no burst brings more words than it asked for, none comes that was not asked for, what was not is told, and the
  // register of words holds zeros when it holds no word.
  (* hierconn *) logic \u_ar.front_valid_q ;
  (* hierconn *) logic \u_ar.back_valid_q ;
  (* anyconst *) logic [OrderLog2-1:0] place;
  logic started_q = 1'b0;
  logic waiting;
  logic [IndexWidth+6:0] asked_at_place;
  assign asked_at_place = order[place];
  order_t behind;
  assign behind  = order_t'(place - order_rd_q[OrderLog2-1:0]);  // of the queue's head, below Order
  assign waiting = {1'b0, behind[OrderLog2-1:0]} < open;

  always @(posedge clk_i) begin
    started_q <= 1'b1;
    assume (rst_ni == started_q);
    // Bursts are well formed (read_channel).
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
      // What is open has been asked for, or waits in the slice for it.
      assert (order_wr_q - asked_q == order_t'(\u_ar.front_valid_q ) + order_t'(\u_ar.back_valid_q ));
      assert (order_t'(asked_q - order_rd_q) <= open);
      // place is any place of the queue: what holds there holds at the head.
      if (waiting) assert (asked_at_place[6:0] != '0 && asked_at_place[6:0] <= 7'd64 && 32'(asked_at_place[IndexWidth+6:7]) < Clients);
      if (open != '0 && place == order_rd_q[OrderLog2-1:0]) assert (came_q <= most);
      if (open == '0) assert (came_q == '0);
      if ($past(rst_ni)) begin
        if ($past(rvalid_i && open == '0)) assert (error_o && beat_valid_o == '0);
        if ($past(flush_i)) assert (beat_valid_o == '0);
        if (error_o) assert ($past(rvalid_i));
        if (beat_valid_o == '0 && $past(place == order_rd_q[OrderLog2-1:0])) assert (beat_data_o == '0);
      end
      assert (32'(grant_q) < Clients);
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
