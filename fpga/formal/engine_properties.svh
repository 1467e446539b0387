  // No secret readable after zeroize: when the engine says that it is wiped, every word of each of its memories is zero, and stays zero
  // until it takes a job. When the sweep ends, the registers listed below, which hold digits, are zero too.
  //
  // Of two slots and two columns. The multipliers are left out: what they give is anything, as long as it is not written.
  // Invariants: a sweep of everything has covered at least the places below sweep_q, and while it lasts nothing is under way; who
  // writes memories needs something under way.

  // The memories; how far each is known to be zero (secret_ram_properties.svh).
  (* hierconn *) logic [31:0] \u_modulus_in.covered ;
  (* hierconn *) logic [1:0] \u_modulus_in.swept_for ;
  (* hierconn *) logic \u_modulus_in.full ;
  (* hierconn *) logic \u_modulus_in.outputs_zero ;
  (* hierconn *) logic [31:0] \u_modulus_out.covered ;
  (* hierconn *) logic [1:0] \u_modulus_out.swept_for ;
  (* hierconn *) logic \u_modulus_out.full ;
  (* hierconn *) logic \u_modulus_out.outputs_zero ;
  (* hierconn *) logic [31:0] \u_products.u_modulus.covered ;
  (* hierconn *) logic [1:0] \u_products.u_modulus.swept_for ;
  (* hierconn *) logic \u_products.u_modulus.full ;
  (* hierconn *) logic \u_products.u_modulus.outputs_zero ;
  (* hierconn *) logic [31:0] \u_products.u_rsquared.covered ;
  (* hierconn *) logic [1:0] \u_products.u_rsquared.swept_for ;
  (* hierconn *) logic \u_products.u_rsquared.full ;
  (* hierconn *) logic \u_products.u_rsquared.outputs_zero ;
  (* hierconn *) logic [31:0] \u_products.u_entries.covered ;
  (* hierconn *) logic [1:0] \u_products.u_entries.swept_for ;
  (* hierconn *) logic \u_products.u_entries.full ;
  (* hierconn *) logic \u_products.u_entries.outputs_zero ;
  (* hierconn *) logic [31:0] \u_products.u_columns.covered ;
  (* hierconn *) logic [1:0] \u_products.u_columns.swept_for ;
  (* hierconn *) logic \u_products.u_columns.full ;
  (* hierconn *) logic \u_products.u_columns.outputs_zero ;
  (* hierconn *) logic [31:0] \u_products.u_drain.covered ;
  (* hierconn *) logic [1:0] \u_products.u_drain.swept_for ;
  (* hierconn *) logic \u_products.u_drain.full ;
  (* hierconn *) logic \u_products.u_drain.outputs_zero ;
  (* hierconn *) logic [31:0] \u_results.u_words.covered ;
  (* hierconn *) logic [1:0] \u_results.u_words.swept_for ;
  (* hierconn *) logic \u_results.u_words.full ;
  (* hierconn *) logic \u_results.u_words.outputs_zero ;
  (* hierconn *) logic [31:0] \u_products.gen_feeder[0].u_feeder.u_store.covered ;
  (* hierconn *) logic [1:0] \u_products.gen_feeder[0].u_feeder.u_store.swept_for ;
  (* hierconn *) logic \u_products.gen_feeder[0].u_feeder.u_store.full ;
  (* hierconn *) logic \u_products.gen_feeder[0].u_feeder.u_store.outputs_zero ;
  (* hierconn *) logic [31:0] \gen_slot[0].u_sequencer.u_exponent.covered ;
  (* hierconn *) logic [1:0] \gen_slot[0].u_sequencer.u_exponent.swept_for ;
  (* hierconn *) logic \gen_slot[0].u_sequencer.u_exponent.full ;
  (* hierconn *) logic \gen_slot[0].u_sequencer.u_exponent.outputs_zero ;
  (* hierconn *) logic [31:0] \u_products.gen_feeder[1].u_feeder.u_store.covered ;
  (* hierconn *) logic [1:0] \u_products.gen_feeder[1].u_feeder.u_store.swept_for ;
  (* hierconn *) logic \u_products.gen_feeder[1].u_feeder.u_store.full ;
  (* hierconn *) logic \u_products.gen_feeder[1].u_feeder.u_store.outputs_zero ;
  (* hierconn *) logic [31:0] \gen_slot[1].u_sequencer.u_exponent.covered ;
  (* hierconn *) logic [1:0] \gen_slot[1].u_sequencer.u_exponent.swept_for ;
  (* hierconn *) logic \gen_slot[1].u_sequencer.u_exponent.full ;
  (* hierconn *) logic \gen_slot[1].u_sequencer.u_exponent.outputs_zero ;

  localparam int unsigned Memories = 12;
  logic [Memories-1:0] full, outputs_zero, on_the_way, counting;
  assign full = {
    \u_modulus_in.full ,
    \u_modulus_out.full ,
    \u_products.u_modulus.full ,
    \u_products.u_rsquared.full ,
    \u_products.u_entries.full ,
    \u_products.u_columns.full ,
    \u_products.u_drain.full ,
    \u_results.u_words.full ,
    \u_products.gen_feeder[0].u_feeder.u_store.full ,
    \gen_slot[0].u_sequencer.u_exponent.full ,
    \u_products.gen_feeder[1].u_feeder.u_store.full ,
    \gen_slot[1].u_sequencer.u_exponent.full 
  };
  assign outputs_zero = {
    \u_modulus_in.outputs_zero ,
    \u_modulus_out.outputs_zero ,
    \u_products.u_modulus.outputs_zero ,
    \u_products.u_rsquared.outputs_zero ,
    \u_products.u_entries.outputs_zero ,
    \u_products.u_columns.outputs_zero ,
    \u_products.u_drain.outputs_zero ,
    \u_results.u_words.outputs_zero ,
    \u_products.gen_feeder[0].u_feeder.u_store.outputs_zero ,
    \gen_slot[0].u_sequencer.u_exponent.outputs_zero ,
    \u_products.gen_feeder[1].u_feeder.u_store.outputs_zero ,
    \gen_slot[1].u_sequencer.u_exponent.outputs_zero 
  };
  assign on_the_way = {
    \u_modulus_in.full  || (\u_modulus_in.covered  >= 32'(sweep_q)),
    \u_modulus_out.full  || (\u_modulus_out.covered  >= 32'(sweep_q)),
    \u_products.u_modulus.full  || (\u_products.u_modulus.covered  >= 32'(sweep_q)),
    \u_products.u_rsquared.full  || (\u_products.u_rsquared.covered  >= 32'(sweep_q)),
    \u_products.u_entries.full  || (\u_products.u_entries.covered  >= 32'(sweep_q)),
    \u_products.u_columns.full  || (\u_products.u_columns.covered  >= 32'(sweep_q)),
    \u_products.u_drain.full  || (\u_products.u_drain.covered  >= 32'(sweep_q)),
    \u_results.u_words.full  || (\u_results.u_words.covered  >= 32'(sweep_q)),
    \u_products.gen_feeder[0].u_feeder.u_store.full  || (\u_products.gen_feeder[0].u_feeder.u_store.covered  >= 32'(sweep_q)),
    \gen_slot[0].u_sequencer.u_exponent.full  || (\gen_slot[0].u_sequencer.u_exponent.covered  >= 32'(sweep_q)),
    \u_products.gen_feeder[1].u_feeder.u_store.full  || (\u_products.gen_feeder[1].u_feeder.u_store.covered  >= 32'(sweep_q)),
    \gen_slot[1].u_sequencer.u_exponent.full  || (\gen_slot[1].u_sequencer.u_exponent.covered  >= 32'(sweep_q))
  };
  assign counting = {
    (\u_modulus_in.swept_for  == 2'd3) || (32'(\u_modulus_in.swept_for ) >= 32'(sweep_q)),
    (\u_modulus_out.swept_for  == 2'd3) || (32'(\u_modulus_out.swept_for ) >= 32'(sweep_q)),
    (\u_products.u_modulus.swept_for  == 2'd3) || (32'(\u_products.u_modulus.swept_for ) >= 32'(sweep_q)),
    (\u_products.u_rsquared.swept_for  == 2'd3) || (32'(\u_products.u_rsquared.swept_for ) >= 32'(sweep_q)),
    (\u_products.u_entries.swept_for  == 2'd3) || (32'(\u_products.u_entries.swept_for ) >= 32'(sweep_q)),
    (\u_products.u_columns.swept_for  == 2'd3) || (32'(\u_products.u_columns.swept_for ) >= 32'(sweep_q)),
    (\u_products.u_drain.swept_for  == 2'd3) || (32'(\u_products.u_drain.swept_for ) >= 32'(sweep_q)),
    (\u_results.u_words.swept_for  == 2'd3) || (32'(\u_results.u_words.swept_for ) >= 32'(sweep_q)),
    (\u_products.gen_feeder[0].u_feeder.u_store.swept_for  == 2'd3) || (32'(\u_products.gen_feeder[0].u_feeder.u_store.swept_for ) >= 32'(sweep_q)),
    (\gen_slot[0].u_sequencer.u_exponent.swept_for  == 2'd3) || (32'(\gen_slot[0].u_sequencer.u_exponent.swept_for ) >= 32'(sweep_q)),
    (\u_products.gen_feeder[1].u_feeder.u_store.swept_for  == 2'd3) || (32'(\u_products.gen_feeder[1].u_feeder.u_store.swept_for ) >= 32'(sweep_q)),
    (\gen_slot[1].u_sequencer.u_exponent.swept_for  == 2'd3) || (32'(\gen_slot[1].u_sequencer.u_exponent.swept_for ) >= 32'(sweep_q))
  };

  // What is under way somewhere in the engine.
  (* hierconn *) logic [2:0] \u_loader.state_q ;
  (* hierconn *) logic \u_loader.word_valid_q ;
  (* hierconn *) logic [Slots-1:0] \u_products.u_scheduler.active_q ;
  (* hierconn *) logic \u_products.u_scheduler.in_row_q ;
  (* hierconn *) logic \u_products.valid_0 ;
  (* hierconn *) logic [8:1] \u_products.valid_q ;
  (* hierconn *) logic \u_products.valid_9_q ;
  (* hierconn *) logic \u_products.valid_10_q ;
  (* hierconn *) logic \u_products.in_valid_q ;
  (* hierconn *) logic \u_products.in_entry_q ;
  (* hierconn *) logic [Slots-1:0] \u_products.u_normalizer.waiting_q ;
  (* hierconn *) logic \u_products.u_normalizer.running_q ;
  (* hierconn *) logic \u_products.u_normalizer.valid_1_q ;
  (* hierconn *) logic \u_products.u_normalizer.valid_2_q ;
  (* hierconn *) logic \u_products.u_normalizer.valid_3_q ;
  (* hierconn *) logic [2:0] \u_products.u_normalizer.tail_q ;
  (* hierconn *) logic \u_results.out_valid_q ;
  (* hierconn *) logic \u_results.out_end_q ;
  (* hierconn *) logic [1:0] \u_results.state_q ;
  (* hierconn *) logic [Slots-1:0] \u_results.asked_q ;
  (* hierconn *) logic [3:0] \gen_slot[0].u_sequencer.state_q ;
  (* hierconn *) logic [3:0] \gen_slot[1].u_sequencer.state_q ;

  logic calm;
  assign calm = {
    \u_loader.state_q ,
    \u_loader.word_valid_q ,
    \u_products.u_scheduler.active_q ,
    \u_products.u_scheduler.in_row_q ,
    \u_products.valid_0 ,
    \u_products.valid_q ,
    \u_products.valid_9_q ,
    \u_products.valid_10_q ,
    \u_products.in_valid_q ,
    \u_products.in_entry_q ,
    \u_products.u_normalizer.waiting_q ,
    \u_products.u_normalizer.running_q ,
    \u_products.u_normalizer.valid_1_q ,
    \u_products.u_normalizer.valid_2_q ,
    \u_products.u_normalizer.valid_3_q ,
    \u_products.u_normalizer.tail_q ,
    \u_results.out_valid_q ,
    \u_results.out_end_q ,
    \u_results.state_q ,
    \u_results.asked_q ,
    \gen_slot[0].u_sequencer.state_q ,
    \gen_slot[1].u_sequencer.state_q 
  } == '0;

  // Registers that hold digits.
  (* hierconn *) logic [WA-1:0] \u_products.digit_0 ;
  (* hierconn *) logic [5*WA-1:0] \u_products.digit_q ;
  (* hierconn *) logic [Slots*WA-1:0] \u_products.q_q ;
  (* hierconn *) logic [WA-1:0] \u_products.q_held_q ;
  (* hierconn *) logic [WB-1:0] \u_products.in_digit_q ;
  (* hierconn *) logic [64+WB-2:0] \u_results.bits_q ;
  (* hierconn *) logic [Slots-1:0] \u_results.reduce_q ;
  (* hierconn *) logic [64+WB-2:0] \u_loader.bits_q ;
  (* hierconn *) logic [WA+WB-2:0] \u_products.gen_feeder[0].u_feeder.bits_q ;
  (* hierconn *) logic [31:0] \gen_slot[0].u_sequencer.digit_value_q ;
  (* hierconn *) logic [63:0] \gen_slot[0].u_sequencer.address_q ;
  (* hierconn *) logic [63:0] \gen_slot[0].u_sequencer.product_q ;
  (* hierconn *) logic [WA+WB-2:0] \u_products.gen_feeder[1].u_feeder.bits_q ;
  (* hierconn *) logic [31:0] \gen_slot[1].u_sequencer.digit_value_q ;
  (* hierconn *) logic [63:0] \gen_slot[1].u_sequencer.address_q ;
  (* hierconn *) logic [63:0] \gen_slot[1].u_sequencer.product_q ;

  logic registers_zero;
  assign registers_zero = {
    \u_products.digit_0 ,
    \u_products.digit_q ,
    \u_products.q_q ,
    \u_products.q_held_q ,
    \u_products.in_digit_q ,
    \u_results.bits_q ,
    \u_results.reduce_q ,
    \u_loader.bits_q ,
    \u_products.gen_feeder[0].u_feeder.bits_q ,
    \gen_slot[0].u_sequencer.digit_value_q ,
    \gen_slot[0].u_sequencer.address_q ,
    \gen_slot[0].u_sequencer.product_q ,
    \u_products.gen_feeder[1].u_feeder.bits_q ,
    \gen_slot[1].u_sequencer.digit_value_q ,
    \gen_slot[1].u_sequencer.address_q ,
    \gen_slot[1].u_sequencer.product_q ,
    n0_q, low_digit_q
  } == '0;

  // Since the last sweep of everything no job was taken.
  logic untouched_q = 1'b0;
  logic started_q = 1'b0;
  logic swept_all;
  assign swept_all = sweep && sweep_all_q && (sweep_q == {1'b1, SweepWidth'(1)});

  always @(posedge clk_i) begin
    started_q <= 1'b1;
    assume (rst_ni == started_q);
    if (!rst_ni) untouched_q <= 1'b0;
    else if (job_valid_i && job_ready_o) untouched_q <= 1'b0;
    else if (swept_all) untouched_q <= 1'b1;

    if (started_q && rst_ni) begin
      if (sweep) begin
        assert (sweep_q <= {1'b1, SweepWidth'(1)});
        assert (&counting);
        if (sweep_q != '0) assert (calm);
        if (sweep_all_q) assert (&on_the_way);
      end else begin
        assert (sweep_q == '0);
      end
      if (untouched_q) begin
        assert (calm && (&full));
        assert ((state_q == StIdle) || (sweep && sweep_all_q));
      end
      // As the card sees it. swept_q: since wipe_i was raised.
      if (swept_q) assert (untouched_q);
      if (wipe_i && wiped_o) assert (&full);
      if ($past(swept_all) && $past(rst_ni)) assert ((&full) && (&outputs_zero) && registers_zero);
    end
  end
