package dev.engram.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import dev.engram.eval.Question;
import dev.engram.eval.Questions;
import dev.engram.model.Adapter;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TinyModel;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.text.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fine-tuning and preferences on a tiny model, from the text to the answers of the model that generates. */
class SftTest {
    private static final List<Question> QUESTIONS = List.of(
            Question.closedBook("a", "Who?", "Ann"),
            Question.closedBook("b", "Where?", "here"),
            Question.closedBook("c", "When?", "now"));

    @TempDir
    private static Path folder;

    private static CausalLm lm;

    @BeforeAll
    static void open() throws IOException {
        lm = CausalLm.open(
                TinyModel.write(folder.resolve("tiny")).toString(),
                LoadOptions.defaults().withDtype(DType.F32).withThreads(1));
    }

    @AfterAll
    static void close() {
        lm.close();
    }

    private static SftConfig config(int steps) {
        TrainConfig train = TrainConfig.of(steps, 2e-2).withSchedule(Schedule.linear(4));
        return SftConfig.of(steps).withTrain(train).withBatch(3).withRehearsal(null);
    }

    private static List<Example> examples(Labels labels) {
        return QUESTIONS.stream()
                .map(q -> labels.answer(q.messages().get(0).content(), q.gold()))
                .toList();
    }

    private static List<Questions.Result> ask() {
        return new Questions(lm, 4, 8).ask("tiny", QUESTIONS);
    }

    /** The examples' loss as the generating model sees it. */
    private static double loss() {
        double sum = 0;
        int tokens = 0;
        for (Question q : QUESTIONS) {
            int[] prompt = lm.tokenizer().encode(lm.prompt(q.messages()));
            int[] gold = lm.tokenizer().encode(q.gold() + "<|im_end|>");
            sum -= Arrays.stream(lm.score(List.of(prompt), List.of(gold)).get(0))
                    .sum();
            tokens += gold.length;
        }
        return sum / tokens;
    }

    @Test
    void learnsAnswersAndLeavesTheModelAsItWas() {
        double before = loss();
        try (Sft sft = new Sft(lm, config(120), DType.F32)) {
            History history = sft.train(examples(sft.labels()));
            // all three examples are in every step, and B begins at zero
            assertEquals(before, history.entries().get(0).loss(), 1e-4);
            assertTrue(history.last().loss() < 0.1, "loss " + history.last().loss());
            assertTrue(loss() < 0.1, "the model that generates has learned: " + loss());
            for (Questions.Result r : ask()) {
                assertTrue(r.exact(), r.answer());
            }
        }
        assertEquals(before, loss(), 0, "closed, the model is as before");
    }

    private static double divergence(TrainableDecoder decoder, Replay replay, Adapter adapter) {
        double sum = 0;
        for (int i = 0; i < 16; i++) {
            try (NDManager scope = decoder.newScope()) {
                sum += replay.divergence(scope, adapter, i).getFloat() / 16;
            }
        }
        return sum;
    }

    /** Held-out samples of the base: a rehearsing run stays nearer to what the base says of them. */
    @Test
    void rehearsalKeepsTheRest() {
        try (TrainableDecoder decoder = TrainableDecoder.open(lm.origin().toString(), DType.F32);
                Sft plain = new Sft(lm, config(60), DType.F32);
                Sft rehearsed = new Sft(lm, config(60).withRehearsal(new Rehearsal(24, 12, 4, 2)), DType.F32)) {
            Replay heldout = new Replay(decoder, BaseSamples.text(lm, 32, 12, 99), 2, 0, 1);
            plain.train(examples(plain.labels()));
            History history = rehearsed.train(examples(rehearsed.labels()));
            assertEquals(
                    List.of("answers", "kl"),
                    history.last().parts().keySet().stream().sorted().toList());
            double without = divergence(decoder, heldout, plain.lora().adapter());
            double with = divergence(decoder, heldout, rehearsed.lora().adapter());
            assertTrue(with < 0.5 * without, "KL " + with + " with rehearsal, " + without + " without");
        }
    }

    @Test
    void preferencesMoveBothAnswersApart() {
        DpoConfig config = DpoConfig.of(40).withTrain(TrainConfig.of(40, 1e-2));
        try (Dpo dpo = new Dpo(lm, config, DType.F32)) {
            List<DpoTask.Pair> pairs = new ArrayList<>();
            for (Question q : QUESTIONS) {
                pairs.add(dpo.pair(q.messages(), q.gold(), "I do not say"));
            }
            double[] before = margins();
            History history = dpo.train(pairs);
            assertEquals(Math.log(2), history.entries().get(0).loss(), 1e-5, "it begins at the reference");
            assertTrue(history.last().loss() < 0.3, "loss " + history.last().loss());
            double[] after = margins();
            for (int p = 0; p < after.length; p++) {
                assertEquals(config.beta() * (after[p] - before[p]), dpo.rewards()[p], 1e-2);
                assertTrue(after[p] > before[p] + 5);
            }
        }
    }

    /** By how much the generating model holds the right answer for likelier than the other one. */
    private static double[] margins() {
        return QUESTIONS.stream()
                .mapToDouble(q -> {
                    int[] prompt = lm.tokenizer().encode(lm.prompt(q.messages()));
                    List<double[]> scores = lm.score(
                            List.of(prompt, prompt),
                            List.of(
                                    lm.tokenizer().encode(q.gold() + "<|im_end|>"),
                                    lm.tokenizer().encode("I do not say<|im_end|>")));
                    return Arrays.stream(scores.get(0)).sum()
                            - Arrays.stream(scores.get(1)).sum();
                })
                .toArray();
    }

    @Test
    void onlyTheLastTurnIsCompared() {
        List<Message> prompt = List.of(Message.user("Hi"), Message.assistant("Hello"), Message.user("Who?"));
        try (Dpo dpo = new Dpo(lm, DpoConfig.of(1), DType.F32)) {
            DpoTask.Pair pair = dpo.pair(prompt, "Ann", "Bob");
            int[] learned =
                    Arrays.stream(pair.chosen().labels()).filter(l -> l >= 0).toArray();
            assertEquals("Ann<|im_end|>", lm.tokenizer().decode(learned));
        }
    }

    /** Frequencies of one drawn token are the model's probabilities. */
    @Test
    void samplesFollowTheModel() {
        int[] prompt = lm.tokenizer().encode("The sea");
        List<Example> drawn = BaseSamples.continuations(lm, Collections.nCopies(3000, prompt), 1, 5);
        double[] share = new double[lm.config().vocab()];
        for (Example e : drawn) {
            assertArrayEquals(prompt, Arrays.copyOf(e.ids(), prompt.length));
            assertEquals(1, e.learned());
            share[e.ids()[prompt.length]] += 1.0 / drawn.size();
        }
        List<int[]> all = new ArrayList<>();
        for (int id = 0; id < share.length; id++) {
            all.add(new int[] {id});
        }
        List<double[]> scores = lm.score(Collections.nCopies(all.size(), prompt), all);
        for (int id = 0; id < share.length; id++) {
            double p = Math.exp(scores.get(id)[0]);
            double noise = Math.sqrt(p * (1 - p) / drawn.size());
            assertEquals(p, share[id], 5 * noise + 1e-3, "token " + id);
        }
    }

    @Test
    void samplesDependOnTheSeedAndEndWithTheText() {
        List<Example> one = BaseSamples.text(lm, 40, 30, 5);
        List<Example> again = BaseSamples.text(lm, 40, 30, 5);
        List<Example> other = BaseSamples.text(lm, 40, 30, 6);
        assertEquals(Example.fingerprint(one), Example.fingerprint(again));
        assertTrue(!Example.fingerprint(one).equals(Example.fingerprint(other)));
        for (Example e : one) {
            assertTrue(e.tokens() <= 30);
            for (int t = 1; t < e.tokens() - 1; t++) {
                assertTrue(e.ids()[t] != TinyModel.END_OF_TURN, "an end stands at the end only");
            }
        }
        assertThrows(BadInputException.class, () -> BaseSamples.continuations(lm, List.of(new int[0]), 3, 1));
    }

    @Test
    void badSettingsAreRefused() {
        assertThrows(BadInputException.class, () -> new Rehearsal(1, 40, 2, 2));
        assertThrows(BadInputException.class, () -> new Rehearsal(4, 40, 2, 0));
        try (Sft sft = new Sft(lm, config(5), DType.F32)) {
            assertThrows(BadInputException.class, () -> sft.train(List.of()));
        }
    }
}
