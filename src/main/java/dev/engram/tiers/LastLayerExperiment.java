package dev.engram.tiers;

import dev.engram.eval.Bootstrap;
import dev.engram.eval.Interval;
import dev.engram.model.Adapter;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TrainableDecoder;
import dev.engram.tiers.LayerProbes.Answer;
import dev.engram.tiers.LayerProbes.Probe;
import dev.engram.train.Batches;
import dev.engram.train.Example;
import dev.engram.train.History;
import dev.engram.train.Lora;
import dev.engram.train.LoraConfig;
import dev.engram.train.Schedule;
import dev.engram.train.SftTask;
import dev.engram.train.TrainConfig;
import dev.engram.train.Trainables;
import dev.engram.train.Trainer;
import dev.engram.world.PersonalFact;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What a few layers learn of a user's facts (seed 001, "only the last layers: short-term memory"): k layers at the end, in the middle
 * or at the beginning, in three forms, from the same number of examples and updates; then by heart, in other wordings, and what
 * was lost. Each arm begins with the model's own weights.
 */
public final class LastLayerExperiment {
    /** Name of the arm with adapters. */
    public static final String LORA = "lora";

    private static final double LORA_RATE = 1e-3;

    private final CausalLm lm;
    private final LayerProbes probes;
    private final List<PersonalFact> facts;
    private final Recipe recipe;

    /**
     * How an arm learns.
     *
     * @param facts of the user, one a relation
     * @param steps updates
     * @param batch examples an update
     * @param seed names the user and orders the data
     */
    public record Recipe(int facts, int steps, int batch, long seed) {
        /** Peak learning rate of AdamW: fewer weights bear larger steps. Found on a user of no table. */
        public double rate(Depth depth) {
            return depth.k() == 0 ? 1e-4 : depth.k() >= 4 ? 5e-4 : 1e-3;
        }
    }

    /**
     * One answer of one arm, a line of rows.csv.
     *
     * @param layers see {@link Depth#key}; "base" for the model as it is
     * @param format see {@link TargetFormat#key}
     * @param test see {@link LayerProbes}
     * @param parameters that learned
     * @param seconds of the training
     */
    public record Row(
            long seed,
            String layers,
            String format,
            String test,
            String unit,
            double exact,
            double nll,
            long parameters,
            double seconds) {}

    /** Draws the user and what he or she told. */
    public LastLayerExperiment(CausalLm lm, LayerProbes probes, List<PersonalFact> year, Recipe recipe) {
        this.lm = lm;
        this.probes = probes;
        this.recipe = recipe;
        this.facts = LayerProbes.known(year, 365).stream().limit(recipe.facts()).toList();
    }

    public List<PersonalFact> facts() {
        return facts;
    }

    /** The model as it is, asked in the wordings of a form. */
    public List<Row> base(TargetFormat format) {
        try (TrainableDecoder decoder = TrainableDecoder.open(lm.origin().toString(), DType.F32)) {
            return rows("base", format, probes.ask(decoder, null, all(format)), 0, 0);
        }
    }

    /** Layers learn, and are asked. */
    public List<Row> run(Depth depth, TargetFormat format) {
        try (TrainableDecoder decoder = TrainableDecoder.open(lm.origin().toString(), DType.F32);
                Trainables layers = depth.open(decoder)) {
            return learn(depth.key(), format, decoder, layers, null, recipe.rate(depth));
        }
    }

    /** LoRA of rank 16 on all linears learns instead: the method that is not the seed's. */
    public List<Row> lora(TargetFormat format) {
        try (TrainableDecoder decoder = TrainableDecoder.open(lm.origin().toString(), DType.F32);
                Lora lora = Lora.create(decoder, LoraConfig.of(16), recipe.seed())) {
            return learn(LORA, format, decoder, lora, lora::adapter, LORA_RATE);
        }
    }

    private List<Row> learn(
            String name,
            TargetFormat format,
            TrainableDecoder decoder,
            Trainables trainables,
            Supplier<Adapter> adapter,
            double rate) {
        List<Example> examples = facts.stream()
                .flatMap(f -> format.examples(probes.labels(), probes.tokenizer(), f).stream())
                .toList();
        Batches batches = Batches.padded(examples, recipe.batch(), 256, probes.pad(), recipe.seed());
        TrainConfig config = TrainConfig.of(recipe.steps(), rate)
                .withName(name + ", " + format.key())
                .withSchedule(Schedule.linear(Math.min(4, recipe.steps() / 4)));
        History history = new Trainer(trainables, config).run(new SftTask(decoder, adapter, batches, 1));
        List<Answer> answers = probes.ask(decoder, adapter == null ? null : adapter.get(), all(format));
        return rows(name, format, answers, trainables.size(), history.seconds());
    }

    private List<Probe> all(TargetFormat format) {
        List<Probe> all = new ArrayList<>();
        facts.forEach(f -> all.addAll(probes.about(f, format)));
        all.addAll(probes.rest());
        return all;
    }

    private List<Row> rows(String layers, TargetFormat format, List<Answer> answers, long parameters, double seconds) {
        return answers.stream()
                .map(a -> new Row(
                        recipe.seed(),
                        layers,
                        format.key(),
                        a.test(),
                        a.unit(),
                        a.exact(),
                        a.nll(),
                        parameters,
                        seconds))
                .toList();
    }

    /**
     * A line of the table: shares of exact answers, with the interval of held-out wordings over facts.
     *
     * @param heldOut held-out questions
     * @param heldOutNll nats per token of their answers
     * @param statement the held-out statement
     * @param oldFacts of those that the base knows
     * @param perplexity of ordinary text
     */
    public record Line(
            String layers,
            String format,
            double byHeart,
            double questions,
            double heldOut,
            double heldOutLow,
            double heldOutHigh,
            double heldOutNll,
            double statement,
            double oldFacts,
            double perplexity,
            long parameters,
            double seconds) {}

    /** One line for each arm; old facts are those that the rows of "base" have right. */
    public static List<Line> table(List<Row> rows, long seed) {
        Set<String> known = rows.stream()
                .filter(r -> r.layers.equals("base") && r.test.equals(LayerProbes.OLD) && r.exact == 1)
                .map(Row::unit)
                .collect(Collectors.toSet());
        Map<String, List<Row>> arms = new LinkedHashMap<>();
        rows.forEach(r -> arms.computeIfAbsent(r.layers + "\t" + r.format, key -> new ArrayList<>())
                .add(r));
        return arms.values().stream().map(arm -> line(arm, known, seed)).toList();
    }

    private static Line line(List<Row> arm, Set<String> known, long seed) {
        Row any = arm.get(0);
        Interval heldOut = Bootstrap.seeded(seed).mean(byUnit(arm, LayerProbes.HELD_OUT));
        List<Row> old = of(arm, LayerProbes.OLD).stream()
                .filter(r -> known.contains(r.unit))
                .toList();
        return new Line(
                any.layers,
                any.format,
                exact(of(arm, LayerProbes.BY_HEART)),
                exact(of(arm, LayerProbes.QUESTIONS)),
                heldOut.mean(),
                heldOut.low(),
                heldOut.high(),
                nll(of(arm, LayerProbes.HELD_OUT)),
                exact(of(arm, LayerProbes.PARAPHRASE)),
                exact(old),
                Math.exp(nll(of(arm, LayerProbes.TEXT))),
                any.parameters,
                arm.stream().mapToDouble(Row::seconds).max().orElse(0));
    }

    /** Share of exact answers per user and relation, in the order in which they first occur. */
    public static double[] byUnit(List<Row> arm, String test) {
        Map<String, List<Double>> units = new LinkedHashMap<>();
        of(arm, test)
                .forEach(r -> units.computeIfAbsent(r.seed + " " + r.unit, u -> new ArrayList<>())
                        .add(r.exact));
        return units.values().stream()
                .mapToDouble(v -> v.stream().mapToDouble(x -> x).average().orElseThrow())
                .toArray();
    }

    private static List<Row> of(List<Row> rows, String test) {
        return rows.stream().filter(r -> r.test.equals(test)).toList();
    }

    private static double exact(List<Row> rows) {
        return rows.stream().mapToDouble(Row::exact).average().orElse(Double.NaN);
    }

    private static double nll(List<Row> rows) {
        return rows.stream().mapToDouble(Row::nll).average().orElse(Double.NaN);
    }
}
