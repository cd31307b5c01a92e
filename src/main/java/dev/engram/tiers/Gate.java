package dev.engram.tiers;

import java.util.List;

/** Says how long what a user said matters (seed 001: "a gating that can tell short-, mid- and long-term memory"). */
public interface Gate {
    /** One horizon for each text, in order. */
    List<Horizon> classify(List<String> texts);

    default Horizon classify(String text) {
        return classify(List.of(text)).get(0);
    }
}
