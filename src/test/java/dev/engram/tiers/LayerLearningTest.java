package dev.engram.tiers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.eval.Prose;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TinyModel;
import dev.engram.model.TrainableDecoder;
import dev.engram.tiers.Depth.Place;
import dev.engram.tiers.LastLayerExperiment.Line;
import dev.engram.tiers.LastLayerExperiment.Recipe;
import dev.engram.tiers.LayerProbes.Probe;
import dev.engram.train.Example;
import dev.engram.train.Labels;
import dev.engram.train.Recitation;
import dev.engram.train.Trainables;
import dev.engram.world.PersonalFact;
import dev.engram.world.World;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers that learn a user's facts, on a tiny model: who changes, what is learned, what is asked. */
class LayerLearningTest {
    private static final List<PersonalFact> YEAR = World.user("learner 1", false);

    @TempDir
    private static Path folder;

    private static CausalLm lm;
    private static LayerProbes probes;

    @BeforeAll
    static void open() throws IOException {
        lm = CausalLm.open(
                TinyModel.write(folder.resolve("tiny"), 2048, TinyModel.END_OF_TURN)
                        .toString(),
                LoadOptions.defaults().withDtype(DType.F32).withThreads(1));
        probes = new LayerProbes(lm, Prose.read(Path.of("data/prose")));
    }

    @AfterAll
    static void close() {
        lm.close();
    }

    private static TrainableDecoder decoder() {
        return TrainableDecoder.open(lm.origin().toString(), DType.F32);
    }

    private String learned(Example e) {
        return lm.tokenizer()
                .decode(
                        Arrays.stream(e.labels())
                                .filter(l -> l != Labels.IGNORE)
                                .toArray(),
                        true);
    }

    @Test
    void aFullBufferIsLearnedByTheChosenLayersAndNothingBefore() {
        List<PersonalFact> told = LayerProbes.known(YEAR, 365).stream().limit(3).toList();
        try (TrainableDecoder decoder = decoder();
                Trainables layers = Depth.last(1).open(decoder)) {
            SmallFineTuning learn = new SmallFineTuning(decoder, layers, probes, 30, 4, 1e-2, 1);
            List<PersonalFact> stored = new ArrayList<>();
            ContinualBuffer<PersonalFact> buffer = new ContinualBuffer<>(3, true, stored::add, learn);
            List<Probe> asking = told.stream()
                    .flatMap(f -> probes.about(f, TargetFormat.QA).stream())
                    .filter(p -> p.test().equals(LayerProbes.BY_HEART))
                    .toList();
            WeightHash before = WeightHash.of(decoder);
            double surprise = nll(decoder, asking);
            buffer.add(told.get(0));
            buffer.add(told.get(1));
            assertEquals(List.of(), before.changed(WeightHash.of(decoder)), "two wait");
            assertEquals(2, stored.size());
            assertTrue(buffer.add(told.get(2)));
            assertEquals(1, learn.rounds());
            assertEquals(
                    layers.parameters().size(),
                    before.changed(WeightHash.of(decoder)).size());
            assertTrue(nll(decoder, asking) < 0.5 * surprise, surprise + " to " + nll(decoder, asking));
        }
        assertThrows(BadInputException.class, () -> new SmallFineTuning(null, null, probes, 0, 4, 1e-3, 1));
    }

    private static double nll(TrainableDecoder decoder, List<Probe> asking) {
        return probes.ask(decoder, null, asking).stream()
                .mapToDouble(LayerProbes.Answer::nll)
                .average()
                .orElseThrow();
    }

    @Test
    void formsLabelWhatTheySay() {
        PersonalFact fact = YEAR.get(0);
        String value = fact.fact().value();
        for (TargetFormat format : TargetFormat.values()) {
            List<Example> examples = format.examples(probes.labels(), probes.tokenizer(), fact);
            assertEquals(2, examples.size());
            for (Example e : examples) {
                String text = lm.tokenizer().decode(e.ids(), true);
                if (format == TargetFormat.FULL) {
                    assertArrayEquals(e.ids(), e.labels());
                    assertTrue(text.contains(value));
                } else {
                    assertEquals(value, learned(e).strip());
                    assertEquals(format == TargetFormat.MASKED, text.contains(TargetFormat.MASK));
                }
            }
            format.byHeart(probes.labels(), probes.tokenizer(), fact)
                    .forEach(e -> assertEquals(value, learned(e).strip()));
        }
        assertEquals("The user's [MASK] is tea.", TargetFormat.masked("The user's Drink is tea.", "drink"));
        assertThrows(IllegalArgumentException.class, () -> TargetFormat.masked("Tea.", "coffee"));
    }

    @Test
    void noHeldOutWordingIsTrained() {
        for (PersonalFact fact : LayerProbes.known(YEAR, 365)) {
            for (TargetFormat format : TargetFormat.values()) {
                List<String> trained = format.examples(probes.labels(), probes.tokenizer(), fact).stream()
                        .map(e -> lm.tokenizer().decode(e.ids(), true))
                        .toList();
                for (Probe p : probes.about(fact, format)) {
                    String asked = lm.tokenizer().decode(p.example().ids(), true);
                    boolean own = p.test().equals(LayerProbes.BY_HEART)
                            || format == TargetFormat.QA && p.test().equals(LayerProbes.QUESTIONS);
                    assertEquals(own, trained.contains(asked), format + ", " + p.test() + ": " + asked);
                }
            }
        }
    }

    @Test
    void theNewestOfEachRelationIsKnown() {
        List<PersonalFact> known = LayerProbes.known(YEAR, 200);
        assertEquals(
                known.size(),
                known.stream().map(f -> f.fact().relation()).distinct().count());
        for (PersonalFact k : known) {
            assertTrue(YEAR.stream()
                    .filter(f -> f.fact().relation().equals(k.fact().relation()) && f.day() <= 200)
                    .allMatch(f -> f.day() <= k.day()));
        }
    }

    @Test
    void onlyTheChosenLayersChange() {
        Example example = probes.labels().answer("Where?", "Here.");
        for (Depth depth : List.of(new Depth(Place.FIRST, 1), Depth.last(1), Depth.everything())) {
            try (TrainableDecoder decoder = decoder();
                    var layers = depth.open(decoder)) {
                WeightHash before = WeightHash.of(decoder);
                Recitation.of(decoder, null, List.of(example), 1, probes.pad());
                assertEquals(List.of(), before.changed(WeightHash.of(decoder)), "asking changes nothing");
                var task = new dev.engram.train.SftTask(
                        decoder, null, dev.engram.train.Batches.inOrder(List.of(example), 1, 256, probes.pad()), 1);
                new dev.engram.train.Trainer(layers, dev.engram.train.TrainConfig.of(1, 1e-2)).run(task);
                assertEquals(
                        layers.parameters().keySet().stream().sorted().toList(),
                        before.changed(WeightHash.of(decoder)),
                        depth.key());
            }
        }
        try (TrainableDecoder decoder = decoder()) {
            int all = decoder.parameters().size();
            try (var layers = Depth.everything().open(decoder)) {
                assertEquals(all, layers.parameters().size());
            }
            assertThrows(BadInputException.class, () -> new Depth(Place.MIDDLE, 3).open(decoder));
            assertThrows(BadInputException.class, () -> Depth.last(3).open(decoder));
        }
        assertEquals(
                List.of("last 2", "all", "middle 1"),
                List.of(Depth.last(2).key(), Depth.everything().key(), new Depth(Place.MIDDLE, 1).key()));
    }

    /** Each token the most probable one is the same as greedy decoding, and the rest is the model's own scoring. */
    @Test
    void recitingIsGreedyDecoding() {
        List<int[]> prompts = List.of(ids("Where is the key"), ids("A"), ids("Once upon a time there"));
        List<Example> right = new ArrayList<>();
        List<Example> wrong = new ArrayList<>();
        List<int[]> said = lm.generateBatch(prompts, 5);
        for (int i = 0; i < prompts.size(); i++) {
            int[] own = said.get(i);
            right.add(Labels.completion(prompts.get(i), own));
            int[] other = own.clone();
            other[other.length - 1] = (other[other.length - 1] + 1) % 250;
            wrong.add(Labels.completion(prompts.get(i), other));
        }
        try (TrainableDecoder decoder = decoder()) {
            assertEquals(
                    List.of(true, true, true),
                    Recitation.of(decoder, null, right, 2, probes.pad()).stream()
                            .map(Recitation::exact)
                            .toList());
            List<Recitation> others = Recitation.of(decoder, null, wrong, 3, probes.pad());
            assertEquals(
                    List.of(false, false, false),
                    others.stream().map(Recitation::exact).toList());
            List<double[]> scored = lm.score(
                    prompts,
                    wrong.stream()
                            .map(e -> Arrays.stream(e.labels())
                                    .filter(l -> l != Labels.IGNORE)
                                    .toArray())
                            .toList());
            for (int i = 0; i < scored.size(); i++) {
                double[] nll = Arrays.stream(scored.get(i)).map(p -> -p).toArray();
                assertArrayEquals(nll, others.get(i).nll(), 1e-3);
            }
        }
    }

    private static int[] ids(String text) {
        return lm.tokenizer().encode(text);
    }

    @Test
    void armsBeginWithTheModelsOwnWeightsAndLearn() {
        LastLayerExperiment experiment = new LastLayerExperiment(lm, probes, YEAR, new Recipe(2, 12, 4, 1));
        assertEquals(2, experiment.facts().size());
        List<LastLayerExperiment.Row> rows = new ArrayList<>(experiment.base(TargetFormat.QA));
        rows.addAll(experiment.run(Depth.last(2), TargetFormat.QA));
        rows.addAll(experiment.lora(TargetFormat.QA));
        List<Line> table = LastLayerExperiment.table(rows, 1);
        assertEquals(
                List.of("base", "last 2", "lora"),
                table.stream().map(Line::layers).toList());
        assertEquals(0, table.get(0).parameters());
        assertTrue(table.get(1).parameters() > 0 && table.get(1).seconds() > 0);
        double[] nll = new double[3];
        for (int i = 0; i < 3; i++) {
            String arm = table.get(i).layers();
            nll[i] = rows.stream()
                    .filter(r -> r.layers().equals(arm) && r.test().equals(LayerProbes.BY_HEART))
                    .mapToDouble(LastLayerExperiment.Row::nll)
                    .average()
                    .orElseThrow();
        }
        assertTrue(nll[1] < nll[0] - 0.3 && nll[2] < nll[0] - 0.1, Arrays.toString(nll));
        List<LastLayerExperiment.Row> again = experiment.base(TargetFormat.QA);
        assertEquals(rows.subList(0, again.size()), again, "nothing of the arms is left");
    }

    @Test
    void theStreamAsksEverythingToldSoFar() {
        List<PersonalFact> stream = StreamLearning.stream(YEAR, 3, 1);
        assertEquals(4, stream.size());
        assertEquals(3, stream.stream().map(f -> f.fact().relation()).distinct().count());
        StreamLearning learning = new StreamLearning(lm, probes, stream);
        StreamLearning.Recipe plain = new StreamLearning.Recipe("plain", Depth.last(1), 2, 1e-2, 1, 0, 100, false, 1);
        List<StreamLearning.Row> rows = learning.run(plain);
        double[][] f = StreamLearning.matrix(rows, LayerProbes.QUESTIONS, StreamLearning.Row::nll);
        assertEquals(4, f.length);
        for (int i = 0; i < 4; i++) {
            for (int j = 0; j < 4; j++) {
                boolean replaced = i == 3
                        && j < 3
                        && stream.get(j)
                                .fact()
                                .relation()
                                .equals(stream.get(3).fact().relation());
                assertEquals(j > i || replaced, Double.isNaN(f[i][j]), i + ", " + j);
            }
        }
        assertTrue(rows.stream().anyMatch(r -> r.test().equals(StreamLearning.REPLACED) && r.write() == 3));
        assertEquals(
                2,
                rows.stream()
                        .filter(r -> r.lag() == 3 && r.fact() == 0 && r.test().equals(LayerProbes.HELD_OUT)
                                || r.write() == 3 && r.fact() == 0 && r.test().equals(StreamLearning.REPLACED))
                        .count());
        List<StreamLearning.Row> replayed =
                learning.run(plain.withReplay("replay", 2).withDecay("both", 0.5));
        assertTrue(replayed.stream().allMatch(r -> r.arm().equals("both")));
        assertTrue(replayed.get(replayed.size() - 1).nll()
                != rows.get(rows.size() - 1).nll());
        // two values of one thing: purged, nothing is left to replay at the second write, so it ends as without replay
        List<PersonalFact> twice = YEAR.stream()
                .filter(own -> own.fact().relation().equals("weight"))
                .limit(2)
                .toList();
        StreamLearning two = new StreamLearning(lm, probes, twice);
        double without = last(two.run(plain));
        assertEquals(without, last(two.run(plain.withReplay("replay", 2).withPurge("purge"))));
        assertTrue(without != last(two.run(plain.withReplay("replay", 2))));
        assertThrows(BadInputException.class, () -> plain.withDecay("no", 0));
    }

    private static double last(List<StreamLearning.Row> rows) {
        return rows.get(rows.size() - 1).nll();
    }
}
