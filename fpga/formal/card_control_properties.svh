  // Zeroizing ends, whatever the memories do, and the state resetting with it: 2^PatienceLog2 cycles after it began, or after card memory
  // took a word, the flush is over, and so is the sweep, one cycle later, if the engines are wiped by then. A card becomes disabled only
  // if nothing was owed, nothing was given up, no error came and nothing unasked.
  logic started_q = 1'b0;
  // Cycles that the step of zeroizing has lasted since it began, or since card memory took a word.
  logic [PatienceLog2+1:0] lasted_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) lasted_q <= '0;
    else if (reset_i || sweep_moves_i || wipe_d != wipe_q) lasted_q <= '0;
    else if (lasted_q != '1) lasted_q <= lasted_q + 1'b1;
  end

  localparam logic [PatienceLog2+1:0] Patience = {2'b01, PatienceLog2'(0)};

  always @(posedge clk_i) begin
    started_q <= 1'b1;
    assume (rst_ni == started_q);
    assume (engines_wiped_i || wipe_q != WipeSweep || lasted_q < Patience);
    if (started_q && rst_ni) begin
      assert (waited_q <= Patience[PatienceLog2:0]);
      if (wipe_q != WipeNone) assert (lasted_q == {1'b0, waited_q} || (wipe_q == WipeSweep && lasted_q == Patience + 1'b1));
      if (wipe_q == WipeFlush) assert (lasted_q <= Patience && silent_q == '0);
      if (wipe_q == WipeSweep && lasted_q > Patience) assert (silent_q[1]);
      if (wipe_q == WipeSweep) assert (lasted_q <= Patience + 1'b1);
      if (state_q == Resetting) assert (wipe_q == WipeFlush || wipe_q == WipeSweep);
      if (state_q == Disabled || state_q == Ready) assert (wipe_q == WipeNone);
      assert (wipe_q <= WipeSweep);
      if ($past(rst_ni) && state_q == Disabled && $past(state_q) != Disabled) begin
        assert ($past(state_q == Resetting && wipe_q == WipeSweep && sweep_done_i && engines_wiped_i));
        assert ($past(silent_q == '0 && !sweep_error_i && unasked_q == '0));
      end
      // An answer that was not asked for is never passed over.
      if ($past(rst_ni && unasked_q != '0 && !reset_i)) assert (state_q == Locked || state_q == Resetting);
    end
  end
