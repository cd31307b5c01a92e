package dev.engram.recall;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.eval.Prose;
import dev.engram.model.CausalLm;
import dev.engram.model.KvCache;
import dev.engram.model.LeftPadded;
import dev.engram.model.Seams;
import dev.engram.model.text.Message;
import dev.engram.world.Fact;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/**
 * Measures a model with recall tokens: does the query find the memory, does the vector give the text back, does a question lead to
 * the value, does the model abstain, and what has ordinary language paid. Everything is greedy.
 */
public final class RecallTest {
    /** Vectors injected after an unrelated context; all but the first are controls. */
    public enum Injected {
        TRUE,
        /** Another memory's. */
        SHUFFLED,
        ZERO,
        /** A random unit vector. */
        RANDOM
    }

    private static final int WIDTH = 16;
    private static final int SAID = 56;
    private static final int ANSWER = 96;
    /** Ordinary answers are read this far for a recall that has no business there. */
    private static final int ORDINARY = 32;

    private static final int CONTEXT = 24;

    private final CausalLm lm;
    private final RecallTokens tokens;
    private final RecallCorpus corpus;
    private final RecallSettings settings;
    private final Prose prose;
    private final long seed;

    /**
     * A test.
     *
     * @param lm extended by the token rows and with the adapters that are to be tested
     * @param settings how vectors are injected
     * @param prose ordinary texts
     */
    public RecallTest(CausalLm lm, RecallCorpus corpus, RecallSettings settings, Prose prose, long seed) {
        this.lm = lm;
        this.tokens = RecallTokens.of(lm.tokenizer());
        this.corpus = corpus;
        this.settings = settings;
        this.prose = prose;
        this.seed = seed;
    }

    /** A question with the place of its memory in the bank; −1 where no memory answers it. */
    public record Question(String text, int memory) {
        /** The first wording that training uses. */
        static Question trained(Fact fact, int memory) {
            return new Question(fact.trainQuestions().get(0), memory);
        }
    }

    /**
     * What is asked.
     *
     * @param heldout held-out wordings on the trained memories
     * @param fresh held-out wordings on memories that training never saw
     * @param unknown on unknown names, other names than in training
     */
    public record Questions(List<Question> heldout, List<Question> fresh, List<Question> unknown) {
        /** The questions on a corpus. */
        public static Questions of(RecallCorpus corpus) {
            return new Questions(
                    about(corpus.trained(), 0),
                    about(
                            corpus.fresh(),
                            corpus.trained().size() + corpus.distractors().size()),
                    corpus.unknownTest().stream()
                            .map(u -> new Question(u.question(), -1))
                            .toList());
        }

        private static List<Question> about(List<Fact> facts, int first) {
            List<Question> all = new ArrayList<>();
            for (int i = 0; i < facts.size(); i++) {
                for (String q : facts.get(i).heldoutQuestions()) {
                    all.add(new Question(q, first + i));
                }
            }
            return all;
        }
    }

    /** 1 where the right memory came first, else 0. */
    static double[] first(int[] ranks) {
        return Arrays.stream(ranks).mapToDouble(r -> r == 1 ? 1 : 0).toArray();
    }

    /** 1 for each that passes, else 0: what a share and its interval are made of. */
    static <T> double[] units(List<T> all, Predicate<T> passes) {
        return all.stream().mapToDouble(a -> passes.test(a) ? 1 : 0).toArray();
    }

    int[] chat(String question) {
        return lm.tokenizer().encode(lm.prompt(List.of(Message.user(question))));
    }

    /** Raw queries: the final state at {@code <recall>} put right after each question's turn. */
    public List<float[]> queries(List<Question> questions) {
        HiddenStateSource last = HiddenStateSource.seed(lm.decoder(), lm.tokenizer());
        List<float[]> queries = new ArrayList<>();
        for (int at = 0; at < questions.size(); at += WIDTH) {
            queries.addAll(last.batch(questions.subList(at, Math.min(questions.size(), at + WIDTH)).stream()
                    .map(q -> plus(chat(q.text()), tokens.recall()))
                    .toList()));
        }
        return queries;
    }

    /** How far the logit of {@code <recall>} lies above the best of all other tokens where the answer begins; in nats. */
    double[] recallMargins(List<String> questions) {
        double[] margins = new double[questions.size()];
        for (int at = 0; at < margins.length; at += WIDTH) {
            LeftPadded batch = LeftPadded.of(
                    questions.subList(at, Math.min(margins.length, at + WIDTH)).stream()
                            .map(this::chat)
                            .toList(),
                    0);
            int rows = batch.ids().length;
            try (KvCache cache = lm.decoder().newCache(rows, batch.padding());
                    NDManager scope = lm.decoder().newScope()) {
                NDArray hidden = lm.decoder().forward(scope, batch.ids(), cache, Seams.none());
                float[] logits = lm.decoder().logits(scope, hidden, 1).toFloatArray(); // [rows, 1, vocab]
                for (int r = 0; r < rows; r++) {
                    margins[at + r] = margin(logits, r * (logits.length / rows), logits.length / rows);
                }
            }
        }
        return margins;
    }

    private double margin(float[] logits, int from, int vocab) {
        float best = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < vocab; i++) {
            best = i == tokens.recall() || i == tokens.pad() ? best : Math.max(best, logits[from + i]);
        }
        return logits[from + tokens.recall()] - best;
    }

    private static int[] plus(int[] ids, int... more) {
        int[] all = Arrays.copyOf(ids, ids.length + more.length);
        System.arraycopy(more, 0, all, ids.length, more.length);
        return all;
    }

    /** Rank of each question's memory among the bank's cosines, from 1. */
    public static int[] ranks(MemoryHead head, List<Question> questions, List<float[]> queries) {
        int[] ranks = new int[questions.size()];
        for (int i = 0; i < ranks.length; i++) {
            float[] cosines = head.cosines(queries.get(i));
            ranks[i] = 1;
            for (float c : cosines) {
                ranks[i] += c > cosines[questions.get(i).memory()] ? 1 : 0;
            }
        }
        return ranks;
    }

    /** How far the nothing slot's logit lies above the best memory's, in cosines; the abstention margin of each query. */
    public static double[] margins(MemoryHead head, List<float[]> queries) {
        double[] margins = new double[queries.size()];
        for (int i = 0; i < margins.length; i++) {
            float[] logits = head.logits(queries.get(i));
            float best = Float.NEGATIVE_INFINITY;
            for (int j = 0; j < head.bank().size(); j++) {
                best = Math.max(best, logits[j]);
            }
            margins[i] = (logits[logits.length - 1] - best) / head.config().scale();
        }
        return margins;
    }

    /** Share of the margins above a limit: what would abstain there. */
    public static double above(double[] margins, double limit) {
        return Arrays.stream(margins).filter(m -> m > limit).count() / (double) margins.length;
    }

    /** For trained memories: 1 where the text is said word for word after an unrelated context and this vector. */
    public double[] decoding(MemoryBank bank, Injected kind, int most) {
        SplittableRandom random = new SplittableRandom(seed);
        List<int[]> windows = prose.windows(lm.tokenizer(), CONTEXT, most);
        List<RecallBatch.Prompt> prompts = new ArrayList<>();
        int n = Math.min(most, corpus.trained().size());
        for (int i = 0; i < n; i++) {
            prompts.add(new RecallBatch.Prompt(
                    plus(windows.get(i), tokens.recall(), tokens.pad()), null, scaled(unit(bank, kind, i, random))));
        }
        List<int[]> said = new RecallBatch(lm.decoder(), Set.of(tokens.end(), eos()), 0).run(prompts, SAID, WIDTH);
        double[] exact = new double[n];
        for (int i = 0; i < n; i++) {
            exact[i] = text(said.get(i)).equals(corpus.trained().get(i).statement()) ? 1 : 0;
        }
        return exact;
    }

    /** What the model says after a context and some unit vectors, one text each. */
    List<String> said(String context, List<float[]> units) {
        int[] before = lm.tokenizer().encode(context + RecallTokens.RECALL + RecallTokens.PAD);
        List<RecallBatch.Prompt> prompts = units.stream()
                .map(u -> new RecallBatch.Prompt(before, null, scaled(u)))
                .toList();
        return new RecallBatch(lm.decoder(), Set.of(tokens.end(), eos()), 0)
                .run(prompts, SAID, WIDTH).stream().map(this::text).toList();
    }

    private float[] scaled(float[] unit) {
        float[] v = new float[unit.length];
        for (int i = 0; i < v.length; i++) {
            v[i] = (float) (unit[i] * settings.injectionScale());
        }
        return v;
    }

    private int eos() {
        return lm.defaults().eos().iterator().next();
    }

    private String text(int[] ids) {
        return lm.tokenizer().decode(ids, true);
    }

    /**
     * One answer from end to end.
     *
     * @param recalled whether {@code <recall>} was emitted
     * @param right whether the first recall chose the question's memory
     * @param exact whether what follows the vector is that memory's text
     * @param value whether the answer after {@code </recall>} holds the fact's value
     * @param abstained whether the head chose nothing
     * @param text everything generated, special tokens by name
     */
    public record EndToEnd(
            boolean recalled, boolean right, boolean exact, boolean value, boolean abstained, String text) {}

    /** Asks questions and lets the model answer with its memory. */
    public List<EndToEnd> answers(MemoryHead head, List<Question> questions) {
        return answers(head, questions, ANSWER);
    }

    private List<EndToEnd> answers(MemoryHead head, List<Question> questions, int newTokens) {
        List<RecallState> states = new ArrayList<>();
        List<RecallBatch.Prompt> prompts = new ArrayList<>();
        for (Question q : questions) {
            RecallState state = new RecallState(tokens, head, settings, lm.tokenizer());
            states.add(state);
            prompts.add(new RecallBatch.Prompt(chat(q.text()), state, null));
        }
        List<int[]> all =
                new RecallBatch(lm.decoder(), new HashSet<>(lm.defaults().eos()), 0).run(prompts, newTokens, WIDTH);
        List<Fact> bank = corpus.bank();
        List<EndToEnd> answers = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            Question q = questions.get(i);
            answers.add(judge(all.get(i), states.get(i), q.memory(), q.memory() < 0 ? null : bank.get(q.memory())));
        }
        return answers;
    }

    private EndToEnd judge(int[] ids, RecallState state, int memory, Fact fact) {
        List<RecallState.Recall> recalls = state.recalls();
        boolean recalled = !recalls.isEmpty();
        boolean right = recalled && recalls.get(0).choice().at() == memory && memory >= 0;
        boolean abstained = recalled && recalls.get(0).choice().abstained();
        int pad = indexOf(ids, tokens.pad(), 0);
        Told told = fact == null || pad < 0 ? Told.NOTHING : told(Arrays.copyOfRange(ids, pad + 1, ids.length), fact);
        return new EndToEnd(
                recalled,
                right,
                told.exact(),
                told.value(),
                abstained,
                lm.tokenizer().decode(ids, false));
    }

    /**
     * What follows a vector that was injected after a question.
     *
     * @param exact whether it is the memory's text, word for word
     * @param goesOn whether an answer follows {@code </recall>}
     * @param value whether that answer holds the fact's value
     */
    public record Told(boolean exact, boolean goesOn, boolean value) {
        static final Told NOTHING = new Told(false, false, false);
    }

    private Told told(int[] ids, Fact fact) {
        int end = indexOf(ids, tokens.end(), 0);
        if (end < 0) {
            return Told.NOTHING;
        }
        String after = text(Arrays.copyOfRange(ids, end + 1, ids.length));
        return new Told(
                text(Arrays.copyOf(ids, end)).equals(fact.statement()),
                !after.isBlank(),
                after.toLowerCase(Locale.ROOT).contains(fact.value().toLowerCase(Locale.ROOT)));
    }

    /**
     * Questions with {@code <recall>} and a vector put after them: decoding and answering without retrieval. What comes without the
     * true vector comes from the weights.
     */
    public List<Told> afterQuestions(MemoryBank bank, Injected kind, List<Question> questions) {
        SplittableRandom random = new SplittableRandom(seed);
        List<RecallBatch.Prompt> prompts = questions.stream()
                .map(q -> new RecallBatch.Prompt(
                        plus(chat(q.text()), tokens.recall(), tokens.pad()),
                        null,
                        scaled(unit(bank, kind, q.memory(), random))))
                .toList();
        List<int[]> said =
                new RecallBatch(lm.decoder(), new HashSet<>(lm.defaults().eos()), 0).run(prompts, ANSWER, WIDTH);
        List<Told> all = new ArrayList<>();
        for (int i = 0; i < said.size(); i++) {
            all.add(told(said.get(i), corpus.bank().get(questions.get(i).memory())));
        }
        return all;
    }

    private float[] unit(MemoryBank bank, Injected kind, int memory, SplittableRandom random) {
        return switch (kind) {
            case TRUE -> bank.vector(memory);
            case SHUFFLED -> bank.vector((memory + 1) % corpus.trained().size());
            case ZERO -> new float[bank.width()];
            case RANDOM -> HeadParameters.direction(bank.width(), random.nextLong());
        };
    }

    private static int indexOf(int[] ids, int id, int from) {
        for (int i = from; i < ids.length; i++) {
            if (ids[i] == id) {
                return i;
            }
        }
        return -1;
    }

    /** 1 for each ordinary prompt whose answer holds a recall. */
    public double[] falseRecalls(MemoryHead head, int most) {
        List<Question> prompts = corpus.ordinaryTest().stream()
                .limit(most)
                .map(p -> new Question(p, -1))
                .toList();
        return answers(head, prompts, ORDINARY).stream()
                .mapToDouble(a -> a.recalled() ? 1 : 0)
                .toArray();
    }

    /** Mean negative log-likelihood per token of each window of ordinary prose, in nats. */
    public static double[] ordinaryLoss(CausalLm lm, Prose prose, int windows, int length) {
        return prose.windows(lm.tokenizer(), length, windows).stream()
                .mapToDouble(w -> -Arrays.stream(lm.logprobs(w)).average().orElseThrow())
                .toArray();
    }
}
