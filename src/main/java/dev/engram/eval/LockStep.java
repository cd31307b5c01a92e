package dev.engram.eval;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy;
import dev.engram.model.CausalLm;
import dev.engram.model.Decoder;
import dev.engram.model.Seams;
import dev.engram.report.Progress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * Policies in lock-step with the full cache on one text, teacher-forced: each chunk of the text goes through the full cache
 * and through one cache per policy, predictions are compared token by token, then each policy deletes. Nothing is known
 * afterwards that was not known while streaming.
 *
 * <p>The chunk is part of the measurement: within it nothing is deleted, so larger chunks treat policies more gently, and 1 is
 * the way text is generated. Open the model with f32 weights; in other formats below 8 tokens a chunk runs through another
 * copy of the weights, and rounding alone gives a KL above 0.
 */
public final class LockStep {
    /** Tokens a chunk, unless told otherwise. */
    public static final int CHUNK = 16;

    /** Name of the full cache's score. */
    public static final String FULL = "full";

    private final Decoder decoder;
    private final int chunk;
    private final boolean mass;

    public LockStep(CausalLm lm) {
        this(lm.decoder());
    }

    public LockStep(Decoder decoder) {
        this(decoder, CHUNK, true);
    }

    private LockStep(Decoder decoder, int chunk, boolean mass) {
        if (chunk < 1) {
            throw new BadInputException("The chunk has " + chunk + " tokens; give 1 or more.");
        }
        this.decoder = decoder;
        this.chunk = chunk;
        this.mass = mass;
    }

    /** Tokens a pass; 1 is token by token. */
    public LockStep withChunk(int tokens) {
        return new LockStep(decoder, tokens, mass);
    }

    /** Leaves the attention mass lost out (NaN). The full cache then runs through fused attention. */
    public LockStep withoutMassLost() {
        return new LockStep(decoder, chunk, false);
    }

    /**
     * Streams a text through all policies.
     *
     * @param ids the text; tokens 2 … n are scored
     * @param policies by name; a supplier gives a fresh policy, or null for a full cache. One named "full" is the reference itself
     * @return the full cache's score first, named "full", then the policies' in their order
     */
    public List<Score> stream(int[] ids, Map<String, ? extends Supplier<? extends CachePolicy>> policies) {
        return stream(List.of(ids), policies).get(0);
    }

    /** The same for several windows; fresh policies and empty caches for each. */
    public List<List<Score>> stream(
            List<int[]> windows, Map<String, ? extends Supplier<? extends CachePolicy>> policies) {
        windows.forEach(ids -> require(ids, 1));
        return each(windows, 0, policies, (ids, race) -> {
            race.enter(FULL, (CachePolicy) null);
            rivals(policies).forEach((name, policy) -> race.enter(name, policy.get()));
            return race.run();
        });
    }

    /**
     * Reads the beginning of a text once, lets each policy delete from its own copy of that cache, then streams the rest. The
     * beginning is read in one pass, and in one more for each number of queries whose attention policies ask for; such a pass holds
     * a few matrices of heads × tokens² in f32 (150 MB each for 9 heads and 2,048 tokens).
     *
     * @param prompt tokens of the beginning; the tokens after it are scored
     */
    public List<Score> fork(int[] ids, int prompt, Map<String, ? extends Supplier<? extends CachePolicy>> policies) {
        return fork(List.of(ids), prompt, policies).get(0);
    }

    /** The same for several windows. */
    public List<List<Score>> fork(
            List<int[]> windows, int prompt, Map<String, ? extends Supplier<? extends CachePolicy>> policies) {
        windows.forEach(ids -> require(ids, prompt));
        return each(windows, prompt - 1, policies, (ids, race) -> {
            try (SharedPrefill shared = new SharedPrefill(decoder, Arrays.copyOf(ids, prompt - 1))) {
                race.enter(FULL, shared.fork(null, race.watching()));
                rivals(policies).forEach((name, policy) -> race.enter(name, shared.fork(policy.get(), Seams.none())));
                return race.run();
            }
        });
    }

    /** Without the full cache, which takes part anyway. */
    private static Map<String, Supplier<? extends CachePolicy>> rivals(
            Map<String, ? extends Supplier<? extends CachePolicy>> policies) {
        Map<String, Supplier<? extends CachePolicy>> rivals = new LinkedHashMap<>(policies);
        Supplier<? extends CachePolicy> full = rivals.remove(FULL);
        if (full != null && full.get() != null) {
            throw new BadInputException("A policy is named '" + FULL + "', which is the name of the full cache"
                    + " itself; name it otherwise.");
        }
        return rivals;
    }

    private List<List<Score>> each(
            List<int[]> windows,
            int first,
            Map<String, ? extends Supplier<? extends CachePolicy>> policies,
            BiFunction<int[], Race, List<Score>> run) {
        if (windows.isEmpty()) {
            throw new BadInputException("There is no window of text; give at least one.");
        }
        long tokens = windows.stream().mapToLong(ids -> ids.length - 1 - first).sum();
        List<List<Score>> all = new ArrayList<>();
        try (Progress progress =
                Progress.start("Lock-step of " + (rivals(policies).size() + 1) + " caches", tokens)) {
            for (int[] ids : windows) {
                Race race = new Race(ids, first, progress);
                try {
                    all.add(run.apply(ids, race));
                } finally {
                    race.close();
                }
            }
        }
        return all;
    }

    private void require(int[] ids, int prompt) {
        if (ids.length < 2) {
            throw new BadInputException(
                    "The text has " + ids.length + " tokens; at least 2 are needed, since the first is not predicted.");
        }
        if (prompt < 1 || prompt >= ids.length) {
            throw new BadInputException("The prompt has " + prompt + " tokens of a text of " + ids.length
                    + "; give at least 1 and leave at least 1 to score.");
        }
        if (ids.length > decoder.config().contextLength()) {
            throw new BadInputException("The text has " + ids.length + " tokens, more than the model's context of "
                    + decoder.config().contextLength() + "; give a shorter window.");
        }
    }

    /** One run: the arms, and what they scored so far. The first arm is the full cache. */
    private final class Race {
        private final int[] ids;
        private final int first;
        private final Progress progress;
        private final MassLost lost = new MassLost(decoder.config().layers());
        private final List<Arm> arms = new ArrayList<>();
        private final List<ScoreBuilder> scores = new ArrayList<>();

        Race(int[] ids, int first, Progress progress) {
            this.ids = ids;
            this.first = first;
            this.progress = progress;
        }

        Seams watching() {
            return mass ? Seams.none().withWatch(lost) : Seams.none();
        }

        void enter(String name, CachePolicy policy) {
            Seams own = arms.isEmpty() ? watching() : Seams.none();
            enter(name, new Arm(decoder, decoder.newCache(), policy, own));
        }

        void enter(String name, Arm arm) {
            arms.add(arm);
            scores.add(new ScoreBuilder(
                    name, first + 1, ids.length - 1 - first, decoder.config().layers()));
        }

        List<Score> run() {
            int inputs = ids.length - 1;
            for (int at = first; at < inputs; at += chunk) {
                int end = Math.min(inputs, at + chunk);
                step(Arrays.copyOfRange(ids, at, end), Arrays.copyOfRange(ids, at + 1, end + 1));
                progress.step(end - at);
            }
            List<Score> all = new ArrayList<>();
            for (int a = 0; a < arms.size(); a++) {
                all.add(scores.get(a).build(arms.get(a)));
            }
            return all;
        }

        private void step(int[] part, int[] targets) {
            lost.expect(part.length);
            try (NDManager scope = decoder.newScope()) {
                NDArray full = null;
                for (int a = 0; a < arms.size(); a++) {
                    Arm arm = arms.get(a);
                    try (NDManager own = scope.newSubManager()) {
                        NDArray logits = arm.logits(a == 0 ? scope : own, arm.pass(own, part), 0);
                        full = a == 0 ? logits : full;
                        Decoder.Comparison c = decoder.compare(full, logits, targets);
                        MassLost.Lost[] dropped = mass ? lost.of(arm.ledger()) : null;
                        arm.settle(part.length);
                        scores.get(a).add(c, dropped, arm.cache().bytesHeld());
                    }
                }
            }
        }

        void close() {
            arms.forEach(Arm::close);
        }
    }
}
