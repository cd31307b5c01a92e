package dev.engram.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy;
import dev.engram.model.CausalLm;
import dev.engram.model.GenerationConfig;
import dev.engram.model.GenerationListener;
import dev.engram.model.KvCache;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.PolicyRunner;
import dev.engram.model.Seams;
import dev.engram.model.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Needles, RULER-like tasks and instructions on a tiny model whose tokens are bytes. */
class PolicyProbesTest {
    private static final int LENGTH = 700;

    @TempDir
    static Path folder;

    private static CausalLm lm;
    private static Prose prose;
    private static Needle needle;
    private static RulerLike ruler;
    private static InstructionRetention retention;

    @BeforeAll
    static void open() throws IOException {
        TinyModel.write(folder, 2048, TinyModel.END_OF_TURN);
        lm = CausalLm.open(
                folder.toString(), LoadOptions.defaults().withDtype(DType.F32).withThreads(1));
        prose = Prose.read(Path.of("data/prose"));
        needle = new Needle(lm, prose).withChunk(64);
        ruler = new RulerLike(prose, text -> text.split("\\s+").length);
        retention = new InstructionRetention(lm, prose);
    }

    @AfterAll
    static void close() {
        lm.close();
    }

    private static String text(int[] ids) {
        return lm.tokenizer().decode(ids, false);
    }

    private static Map<String, Supplier<CachePolicy>> policies() {
        Map<String, Supplier<CachePolicy>> all = new LinkedHashMap<>();
        all.put("full", () -> null);
        all.put("all", () -> new TestPolicies.KeepAll(1));
        all.put("recent", () -> new TestPolicies.Recent(200));
        return all;
    }

    private static void refused(Runnable bad) {
        String message = assertThrows(BadInputException.class, bad::run).getMessage();
        assertTrue(message.endsWith(".") && message.contains(";"), message);
    }

    @Test
    void theNeedleStandsWhereTheItemSays() {
        double last = -1;
        for (double depth : new double[] {0, 0.25, 0.5, 0.75, 1}) {
            Needle.Item item = needle.item(depth, LENGTH, 3);
            assertTrue(
                    item.prompt().length <= LENGTH && item.prompt().length > LENGTH - 400, "" + item.prompt().length);
            String line = text(Arrays.copyOfRange(item.prompt(), item.from(), item.to()));
            assertTrue(line.contains(item.key()) && line.contains(item.answer()) && line.endsWith("."), line);
            String all = text(item.prompt());
            assertEquals(1, all.split(item.answer(), -1).length - 1, "the code is in the text once");
            assertTrue(all.endsWith("The code of the " + item.key() + " is"), all);
            assertEquals(" " + item.answer(), text(item.answerIds()));
            assertTrue(item.from() > last, "deeper");
            last = item.from();
            assertEquals(needle.item(0, LENGTH, 3).answer(), item.answer(), "the same needle at every depth");
        }
        assertEquals(0, needle.item(0, LENGTH, 3).from());
        assertArrayEquals(
                needle.item(0.5, LENGTH, 3).prompt(),
                needle.item(0.5, LENGTH, 3).prompt());
        Set<String> variants = new HashSet<>();
        for (int seed = 0; seed < 40; seed++) {
            variants.add(needle.item(0.5, LENGTH, seed).key());
        }
        assertTrue(variants.size() > 25, variants.size() + " keys of 40 seeds");
        assertEquals(
                2 * 3 * 2,
                needle.items(new double[] {0, 1}, new int[] {500, 600, 700}, 2, 1)
                        .size());
        refused(() -> needle.item(2, LENGTH, 1));
        refused(() -> needle.item(0.5, 100, 1));
        refused(() -> needle.item(0.5, 2048, 1));
        refused(() -> needle.withChunk(0));
    }

    @Test
    void survivalIsThatOfTheNeedlesSlots() {
        Needle.Item early = needle.item(0, LENGTH, 3);
        Needle.Item late = needle.item(1, LENGTH, 3);
        List<Needle.Result> results = needle.run(List.of(early, late), policies());
        double[] expected = {1, 1, 0, 1, 1, 1};
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], results.get(i).survived(), results.get(i).policy() + i);
            assertEquals(lm.config().layers(), results.get(i).byLayer().length);
        }
        // a budget that ends inside the needle leaves just that share of it
        int gone = early.to() / 2;
        int budget = early.prompt().length - 1 - gone;
        Needle.Result part = needle.withChunk(1).ask(early, "part", new TestPolicies.Recent(budget));
        assertEquals((double) (early.to() - gone) / early.to(), part.survived(), 1e-12);
        assertEquals(6, Needle.table(results).rowCount());
    }

    @Test
    void theAnswerIsScoredAsAPlainRunWouldBe() {
        Needle.Item item = needle.item(0.5, LENGTH, 3);
        double expected = -Arrays.stream(lm.score(List.of(item.prompt()), List.of(item.answerIds()))
                        .get(0))
                .average()
                .orElseThrow();
        List<Needle.Result> results = needle.run(List.of(item), policies());
        assertEquals(expected, results.get(0).nll(), 1e-4);
        assertEquals(expected, results.get(1).nll(), 1e-4);
        assertTrue(Math.abs(expected - results.get(2).nll()) > 1e-3, "less text, other prediction");
        for (int i = 0; i < 3; i++) {
            CachePolicy policy = policies().get(results.get(i).policy()).get();
            // the generator reads the last token itself, so that the passes are the same
            GenerationConfig greedy = GenerationConfig.greedy(item.answerIds().length + 1);
            int last = item.prompt().length - 1;
            try (KvCache cache = lm.decoder().newCache()) {
                PolicyRunner runner = new PolicyRunner(policy, cache);
                Seams seams = runner.listen(Seams.none());
                for (int at = 0; at < last; at += 64) {
                    int[] part = Arrays.copyOfRange(item.prompt(), at, Math.min(last, at + 64));
                    runner.before(part.length);
                    try (NDManager scope = lm.decoder().newScope()) {
                        lm.decoder().forward(scope, new int[][] {part}, cache, seams);
                    }
                    runner.apply(part.length);
                }
                int[] ids = lm
                        .generate(
                                new int[] {item.prompt()[last]},
                                cache,
                                greedy,
                                Seams.none(),
                                policy,
                                GenerationListener.SILENT)
                        .ids()
                        .stream()
                        .mapToInt(id -> id)
                        .filter(id -> id != TinyModel.END_OF_TURN)
                        .toArray();
                assertEquals(
                        lm.tokenizer().decode(ids).strip(),
                        results.get(i).text(),
                        results.get(i).policy());
            }
        }
    }

    /** An answer is right when the model says it: a model that is asked for what it would say anyway. */
    @Test
    void anAnswerThatTheModelGivesIsExact() {
        Needle.Item item = needle.item(0.5, LENGTH, 3);
        String said = needle.ask(item, "full", null).text();
        Needle.Item right =
                new Needle.Item(item.key(), said, 0.5, LENGTH, item.prompt(), item.answerIds(), item.from(), item.to());
        assertTrue(!said.isEmpty() && needle.ask(right, "full", null).exact());
        assertEquals(false, needle.ask(item, "full", null).exact());
    }

    @Test
    void rulerItemsHoldTheirAnswers() {
        for (RulerLike.Task task : RulerLike.Task.values()) {
            Set<String> prompts = new HashSet<>();
            for (int seed = 0; seed < 20; seed++) {
                RulerLike.Item item = ruler.item(task, 400, seed);
                assertEquals(item, ruler.item(task, 400, seed), "the seed decides");
                int words = item.prompt().split("\\s+").length;
                assertTrue(words <= 400 && words > 240, task + " has " + words + " words");
                assertEquals(1, item.score(item.reference()));
                assertEquals(0, item.score("none of them"));
                assertTrue(item.reference().startsWith(" "));
                for (String answer : item.answers()) {
                    assertTrue(item.prompt().contains(answer), answer);
                }
                prompts.add(item.prompt());
            }
            assertEquals(20, prompts.size());
        }
        assertEquals(2 * 2 * 4, ruler.items(new int[] {400, 500}, 2, 1).size());
        refused(() -> ruler.item(RulerLike.Task.MULTI_KEY, 60, 1));
        refused(() -> ruler.item(RulerLike.Task.COMMON_WORDS, 60, 1));
    }

    @Test
    void keysAndDistractors() {
        RulerLike.Item one = ruler.item(RulerLike.Task.SINGLE_KEY, 400, 1);
        RulerLike.Item many = ruler.item(RulerLike.Task.MULTI_KEY, 400, 1);
        assertEquals(1, one.prompt().split("One of the special", -1).length - 1);
        assertEquals(5, many.prompt().split("One of the special", -1).length - 1);
        String key = many.prompt().replaceAll("(?s).*special magic number for the (.*) is$", "$1");
        assertTrue(
                many.prompt()
                        .contains("for the " + key + " is " + many.answers().get(0) + "."),
                key);
    }

    /** Follows the assignments in the prompt from the value on. */
    @Test
    void variableChainsResolve() {
        for (int seed = 0; seed < 20; seed++) {
            RulerLike.Item item = ruler.item(RulerLike.Task.VARIABLE_TRACKING, 400, seed);
            Map<String, String> values = new LinkedHashMap<>();
            var assignment = java.util.regex.Pattern.compile("VAR (X\\w+) = (VAR )?(\\w+)\\.")
                    .matcher(item.prompt());
            while (assignment.find()) {
                String from = assignment.group(3);
                String value = assignment.group(2) == null ? from : values.get(from);
                assertNotEquals(null, value, "assigned before it is used: " + from);
                values.put(assignment.group(1), value);
            }
            assertEquals(6, values.size());
            String asked = item.prompt().replaceAll("(?s).*assigned the value (\\d+) are:$", "$1");
            Set<String> expected = new HashSet<>();
            values.forEach((name, value) -> {
                if (value.equals(asked)) {
                    expected.add(name);
                }
            });
            assertEquals(expected, Set.copyOf(item.answers()));
        }
    }

    @Test
    void commonWordsAreTheMostFrequent() {
        RulerLike.Item item = ruler.item(RulerLike.Task.COMMON_WORDS, 400, 1);
        Map<String, Integer> counts = new LinkedHashMap<>();
        String list = item.prompt().split("\n\n")[1];
        for (String word : list.split("\\s*\\d+\\. ")) {
            counts.merge(word.strip(), 1, Integer::sum);
        }
        counts.remove("");
        int least = item.answers().stream().mapToInt(counts::get).min().orElseThrow();
        counts.forEach((word, n) -> assertTrue(item.answers().contains(word) || 5 * n == least, word + " " + n));
    }

    @Test
    void halfTheAnswersIsHalfTheScore() {
        RulerLike.Item item = new RulerLike.Item(
                RulerLike.Task.COMMON_WORDS, 10, 1, "p", List.of("apple", "river"), " apple, river", 5);
        assertEquals(0.5, item.score("Apple and lemon"));
        assertEquals(1, item.score("the RIVER, the apple"));
    }

    @Test
    void rulerRunsOnAModel() {
        RulerLike bytes = new RulerLike(prose, text -> lm.tokenizer().encode(text).length);
        List<RulerLike.Item> items = List.of(bytes.item(RulerLike.Task.SINGLE_KEY, 900, 1));
        List<RulerLike.Result> results = RulerLike.run(lm, items, policies());
        assertEquals(results.get(0).nll(), results.get(1).nll(), 1e-4);
        assertEquals(results.get(0).text(), results.get(1).text());
        assertTrue(Math.abs(results.get(0).nll() - results.get(2).nll()) > 1e-3);
        assertEquals(3, RulerLike.table(results).rowCount());
    }

    @Test
    void instructionsStandFirstAndCanBeForgotten() {
        for (InstructionRetention.Kind kind : InstructionRetention.Kind.values()) {
            InstructionRetention.Item item = retention.item(kind, LENGTH, 3, true);
            InstructionRetention.Item without = retention.item(kind, LENGTH, 3, false);
            String told = text(Arrays.copyOfRange(item.prompt(), item.from(), item.to()));
            assertTrue(told.contains("every answer") && told.endsWith("."), told);
            assertTrue(item.prompt().length <= LENGTH && item.from() < 40);
            assertEquals(without.from(), without.to());
            assertEquals(item.obeying(), without.obeying());
            assertTrue(!text(without.prompt()).contains("every answer"));
            assertNotEquals(item.obeying(), item.ignoring());
            Map<String, InstructionRetention.Result> results = new LinkedHashMap<>();
            retention.run(List.of(item), policies()).forEach(r -> results.put(r.policy(), r));
            assertEquals(1, results.get("full").survived());
            assertEquals(1, results.get("all").survived());
            assertEquals(0, results.get("recent").survived());
            assertEquals(results.get("full").margin(), results.get("all").margin(), 1e-4);
            assertTrue(Math.abs(
                            results.get("full").margin() - results.get("recent").margin())
                    > 1e-3);
            double plain = -Arrays.stream(lm.score(
                                    List.of(item.prompt()),
                                    List.of(lm.tokenizer().encode(item.obeying())))
                            .get(0))
                    .average()
                    .orElseThrow();
            assertEquals(plain, results.get("full").obeying(), 1e-4);
            assertTrue(Double.isNaN(retention.ask(without, "full", null).survived()));
        }
        assertEquals(4, retention.items(new int[] {LENGTH}, 2, 1, true).size());
        assertEquals(
                3,
                InstructionRetention.table(retention.run(
                                List.of(retention.item(InstructionRetention.Kind.CAPITALS, LENGTH, 1, true)),
                                policies()))
                        .rowCount());
        refused(() -> retention.item(InstructionRetention.Kind.CAPITALS, 40, 1, true));
    }

    @Test
    void windowsOfProseDoNotOverlap() {
        List<int[]> windows = prose.windows(lm.tokenizer(), 1000, 12);
        assertEquals(12, windows.size());
        Set<String> seen = new HashSet<>();
        for (int[] window : windows) {
            assertEquals(1000, window.length);
            assertTrue(seen.add(text(window)));
            assertTrue(prose.texts().stream()
                    .anyMatch(t -> t.content().contains(text(window).strip())));
        }
        int texts = prose.texts().size();
        Set<Integer> first = new HashSet<>();
        for (int[] window : windows.subList(0, texts)) {
            for (int t = 0; t < texts; t++) {
                if (prose.texts().get(t).content().startsWith(text(window).strip())) {
                    first.add(t);
                }
            }
        }
        assertEquals(texts, first.size(), "the first windows are the beginnings of all texts");
        refused(() -> prose.windows(lm.tokenizer(), 1000, 100_000));
        refused(() -> prose.windows(lm.tokenizer(), 10, 0));
        assertTrue(prose.sentences().size() > 500, prose.sentences().size() + " sentences");
    }
}
