package dev.engram.cli.bench;

import dev.engram.eval.Prose;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.report.Checkout;
import dev.engram.report.Csv;
import dev.engram.report.Profile;
import dev.engram.report.RunFolder;
import dev.engram.report.Tables;
import dev.engram.train.FactLearning;
import dev.engram.train.FactLearning.Outcome;
import dev.engram.train.Rehearsal;
import dev.engram.train.SftConfig;
import dev.engram.world.World;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tech.tablesaw.api.Table;

/** Facts in the weights, with their price. */
@Command(
        name = "facts",
        description =
                "Learns invented facts with LoRA, with and without rehearsal, and measures what it gives and costs.")
final class BenchFacts implements Callable<Integer> {
    @Option(names = "--model", description = "Model; default: ENGRAM_MODEL, else the default model.")
    private String model = System.getenv().getOrDefault("ENGRAM_MODEL", "default");

    @Option(names = "--facts", description = "Facts to learn; default: ${DEFAULT-VALUE}.", defaultValue = "60")
    private int facts;

    @Option(
            names = "--steps",
            description = "Training steps of 8 examples; default: ${DEFAULT-VALUE}.",
            defaultValue = "90")
    private int steps;

    @Option(
            names = "--seeds",
            split = ",",
            description = "Seeds of facts, adapter and order; default: ${DEFAULT-VALUE}.",
            defaultValue = "7")
    private List<Long> seeds;

    @Option(
            names = "--rows",
            split = ",",
            description = "Rehearsed samples a step, one arm for each; 0 is without. Default: ${DEFAULT-VALUE}.",
            defaultValue = "0,2")
    private List<Integer> rows;

    @Option(names = "--threads", description = "Threads; default: the physical cores.")
    private int threads;

    @Override
    public Integer call() {
        Path home = Checkout.folder();
        LoadOptions load = LoadOptions.defaults().withDtype(DType.F32).withThreads(threads);
        Table all = null;
        try (RunFolder run =
                        RunFolder.open(home.resolve("results"), "sft-facts", Profile.fromEnvironment(), seeds.get(0));
                CausalLm lm = CausalLm.open(model, load)) {
            run.setting("model", model)
                    .setting("facts", facts)
                    .setting("steps", steps)
                    .setting("seeds", seeds);
            List<Outcome> outcomes = new ArrayList<>();
            for (long seed : seeds) {
                List<Outcome> arms = arms(lm, home, seed);
                outcomes.addAll(arms);
                Table table = FactLearning.table(arms);
                all = all == null ? table : all.append(table);
                System.out.println(Tables.text(table));
            }
            run.rows(FactLearning.answers(outcomes));
            run.summary(all);
            for (Outcome o : outcomes) {
                if (o.history() != null) {
                    String name = o.arm().replaceAll("[^A-Za-z0-9]+", "-");
                    Csv.write(run.file("history-" + name + ".csv"), o.history().table());
                }
            }
            run.commit();
        }
        return 0;
    }

    private List<Outcome> arms(CausalLm lm, Path home, long seed) {
        FactLearning learning = new FactLearning(
                lm, World.load(home.resolve("data/halcyon")), Prose.read(home.resolve("data/prose")), facts, seed);
        List<Outcome> arms = new ArrayList<>(List.of(learning.base("base, seed " + seed)));
        for (int row : rows) {
            Rehearsal d = Rehearsal.defaults();
            Rehearsal rehearsal = row == 0 ? null : new Rehearsal(d.samples(), d.tokens(), row, d.weight());
            arms.add(learning.learn(
                    "SFT, " + row + " rehearsed, seed " + seed,
                    SftConfig.of(steps).withRehearsal(rehearsal).withSeed(seed)));
        }
        return arms;
    }
}
