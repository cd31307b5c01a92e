package dev.engram.tiers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.CausalLm;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import dev.engram.report.Progress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The model as its own gate (the notes' "agent behind the gate"): a few examples, the text, and the most probable of four words.
 *
 * <p>A small model has a favourite word whatever it reads, so the log-probabilities of a text without content are subtracted
 * (contextual calibration, Zhao et al. 2021, "Calibrate Before Use"), unless told not to.
 */
public final class PromptGate implements Gate {
    /** They differ in their first token. */
    private static final List<String> WORDS = List.of(" nothing", " today", " weeks", " years");

    private static final String HEAD = "How long does it matter what the user says?\n\n"
            + "User: Could you say that again?\nMatters for: nothing\n\n"
            + "User: I have a headache this morning.\nMatters for: today\n\n"
            + "User: I am on a diet at the moment.\nMatters for: weeks\n\n"
            + "User: My brother is called Jonas.\nMatters for: years\n\n"
            + "User: I had toast for breakfast.\nMatters for: today\n\n"
            + "User: Thanks!\nMatters for: nothing\n\n"
            + "User: I grew up on a farm.\nMatters for: years\n\n"
            + "User: I am painting the kitchen these weekends.\nMatters for: weeks\n\n";

    private final CausalLm lm;
    private final double[] prior;
    /** What the model said of each text. */
    private final Map<String, double[]> said;

    public PromptGate(CausalLm lm, boolean calibrated) {
        this(lm, calibrated, new HashMap<>());
    }

    private PromptGate(CausalLm lm, boolean calibrated, Map<String, double[]> said) {
        this.lm = lm;
        this.said = said;
        this.prior = calibrated ? scores(List.of("N/A")).get(0) : new double[WORDS.size()];
    }

    /** The calibrated gate; a text that one of the two has read is not read again. */
    public PromptGate calibrated() {
        return new PromptGate(lm, true, said);
    }

    private List<double[]> scores(List<String> texts) {
        read(texts.stream().filter(t -> !said.containsKey(t)).distinct().toList());
        return texts.stream().map(said::get).toList();
    }

    /** Log-probability of each word's first token, up to a constant, by text. The examples are read once. */
    private void read(List<String> texts) {
        int[] first = WORDS.stream().mapToInt(w -> lm.tokenizer().encode(w)[0]).toArray();
        int[] head = lm.tokenizer().encode(HEAD);
        try (KvCache cache = lm.decoder().newCache()) {
            logits(head, cache);
            for (String text : texts.size() > 8 ? Progress.over("The model as a gate", texts) : texts) {
                int[] ids = lm.tokenizer().encode("User: " + text + "\nMatters for:");
                float[] logits = logits(ids, cache);
                said.put(
                        text, Arrays.stream(first).mapToDouble(id -> logits[id]).toArray());
                cache.truncate(ids.length);
            }
        }
    }

    private float[] logits(int[] ids, KvCache cache) {
        try (NDManager scope = lm.decoder().newScope()) {
            NDArray hidden = lm.decoder().forward(scope, new int[][] {ids}, cache, Seams.none());
            return lm.decoder().logits(scope, hidden, 1).toFloatArray(); // [1, 1, vocab]
        }
    }

    @Override
    public List<Horizon> classify(List<String> texts) {
        return scores(texts).stream().map(this::best).toList();
    }

    private Horizon best(double[] scores) {
        int best = 0;
        for (int c = 1; c < scores.length; c++) {
            if (scores[c] - prior[c] > scores[best] - prior[best]) {
                best = c;
            }
        }
        return Horizon.values()[best];
    }
}
