package dev.engram.tiers;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A gate of words: a turn without "I", "my" or "me", or that asks something, holds nothing; one of this morning is short-term, one of these
 * weeks mid-term, everything else that a user says of himself or herself long-term. Written without a look at sentences of tests.
 */
public final class RuleGate implements Gate {
    private static final Pattern OWN = Pattern.compile("\\b(i|i'm|i've|my|me|mine|we|our)\\b");
    private static final Pattern SHORT =
            Pattern.compile("\\b(today|tonight|this (morning|afternoon|evening)|just|lunch|at noon|feel|keys|left)\\b");
    private static final Pattern MID = Pattern.compile(
            "\\b(now|these (days|weeks|evenings)|this (week|month)|at (the moment|present)|currently|next weeks|lately"
                    + "|learning|reading|weigh\\w*|run|ran)\\b");

    @Override
    public List<Horizon> classify(List<String> texts) {
        return texts.stream().map(RuleGate::of).toList();
    }

    private static Horizon of(String text) {
        String small = text.toLowerCase(Locale.ROOT);
        if (!OWN.matcher(small).find() || small.endsWith("?")) {
            return Horizon.NONE;
        }
        if (SHORT.matcher(small).find()) {
            return Horizon.SHORT;
        }
        return MID.matcher(small).find() ? Horizon.MID : Horizon.LONG;
    }
}
