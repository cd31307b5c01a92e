package dev.engram.cli.bench;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.engram.eval.LockStep;
import dev.engram.eval.LockStepRows;
import dev.engram.eval.LockStepRows.Arm;
import dev.engram.eval.Prose;
import dev.engram.forget.Budget;
import dev.engram.forget.EvictionConfig;
import dev.engram.forget.FutureAttention;
import dev.engram.forget.Policies;
import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy;
import dev.engram.model.CausalLm;
import dev.engram.model.Decoder;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.report.AtomicFile;
import dev.engram.report.Checkout;
import dev.engram.report.Machine;
import dev.engram.report.Versions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/**
 * Quality of all policies at equal budgets, on windows of data/prose: the long run behind notebook 03. Rows go to OUT/rows.csv after
 * every run, and what is there is not measured again.
 */
@Command(
        name = "policies",
        description =
                "Perplexity, KL and attention lost of policies at equal budgets, in lock-step with the full cache."
                        + " Can be stopped and continued: rows that OUT/rows.csv holds are not measured again.")
final class BenchPolicies implements Callable<Integer> {
    /** What surrounds the scores. */
    enum Variant {
        /** Sinks and recent slots as given, nothing else. */
        EQUAL,
        /** And what the policy's paper protects besides. */
        OWN,
        /** As EQUAL, and kept tokens get consecutive positions. */
        REBASED,
        /** No slot is protected. */
        UNPROTECTED;

        String key() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Reads the name as it stands in the rows. */
        static final class Converter implements ITypeConverter<Variant> {
            @Override
            public Variant convert(String name) {
                return Arrays.stream(values())
                        .filter(v -> v.key().equals(name))
                        .findFirst()
                        .orElseThrow(() -> new TypeConversionException(
                                "'" + name + "' is no variant; give equal, own, rebased or unprotected"));
            }
        }
    }

    @Mixin
    private BenchOptions options;

    @Option(names = "--policies", split = ",", description = "Names, or all; default: ${DEFAULT-VALUE}.")
    private List<String> policies = List.of("all");

    @Option(
            names = "--budgets",
            split = ",",
            description = "Shares of the tokens seen that are kept; default: ${DEFAULT-VALUE}.",
            defaultValue = "0.75,0.5,0.25,0.125")
    private List<Double> budgets;

    @Option(
            names = "--variant",
            description = "equal: the same sinks and recent slots for all; own: and what each paper protects besides;"
                    + " rebased: equal, with consecutive positions; unprotected: no sinks, no recent slots."
                    + " Default: ${DEFAULT-VALUE}.",
            defaultValue = "equal",
            converter = Variant.Converter.class)
    private Variant variant;

    @Option(names = "--windows", description = "Windows of text; default: ${DEFAULT-VALUE}.", defaultValue = "10")
    private int windows;

    @Option(names = "--length", description = "Tokens of a window; default: ${DEFAULT-VALUE}.", defaultValue = "2048")
    private int length;

    @Option(names = "--chunk", description = "Tokens of a pass; default: ${DEFAULT-VALUE}.", defaultValue = "16")
    private int chunk;

    @Option(names = "--sinks", description = "First slots that stay; default: ${DEFAULT-VALUE}.", defaultValue = "4")
    private int sinks;

    @Option(names = "--recent", description = "Last slots that stay; default: ${DEFAULT-VALUE}.", defaultValue = "32")
    private int recent;

    @Option(
            names = "--together",
            description = "Arms beside one full cache, at up to 100 MB each; default: ${DEFAULT-VALUE}.",
            defaultValue = "8")
    private int together;

    @Option(names = "--out", description = "Folder of rows.csv; default: results/bench-policies/PROFILE.")
    private Path out;

    private int[] recorded;
    private FutureAttention future;

    @Override
    public Integer call() {
        Path folder = BenchOptions.folder(out, "bench-policies");
        LoadOptions load = options.load(DType.F32);
        try (CausalLm lm = CausalLm.open(options.model, load)) {
            List<Arm> arms = arms(lm.decoder());
            List<int[]> texts =
                    Prose.read(Checkout.folder().resolve("data/prose")).windows(lm.tokenizer(), length, windows);
            claim(folder.resolve("run.json"));
            LockStepRows rows = new LockStepRows(folder.resolve("rows.csv"));
            LockStep lockStep = new LockStep(lm).withChunk(chunk);
            rows.measure(lockStep, texts, arms, together, () -> report(rows, arms));
            System.out.println("The rows are in " + folder.resolve("rows.csv"));
        }
        return 0;
    }

    private void report(LockStepRows rows, List<Arm> arms) {
        int left = 0;
        for (int w = 0; w < windows; w++) {
            left += rows.missing(w, arms).size();
        }
        System.out.println((windows * arms.size() - left) + " of " + windows * arms.size() + " readings done");
    }

    private List<Arm> arms(Decoder decoder) {
        List<String> names = policies.equals(List.of("all"))
                ? Policies.all().stream().map(Policies.Spec::name).toList()
                : policies;
        List<Arm> arms = new ArrayList<>();
        for (String name : names) {
            if (name.equals(LockStep.FULL)) {
                continue; // takes part anyway
            }
            if (!Policies.named(name).deletes()) {
                arms.add(arm(decoder, name, LockStepRows.ALL)); // the same at every budget
            } else {
                budgets.forEach(budget -> arms.add(arm(decoder, name, budget)));
            }
        }
        return arms;
    }

    private Arm arm(Decoder decoder, String name, double budget) {
        EvictionConfig config = config(budget);
        return new Arm(name, budget, variant.key(), ids -> policy(decoder, name, config, ids));
    }

    private CachePolicy policy(Decoder decoder, String name, EvictionConfig config, int[] ids) {
        Policies.Spec spec = name.equals("oracle") ? Policies.oracle(future(decoder, ids)) : Policies.named(name);
        return (variant == Variant.OWN ? spec.make() : spec.equal()).apply(config);
    }

    private EvictionConfig config(double budget) {
        EvictionConfig config = EvictionConfig.of(Budget.share(budget));
        return switch (variant) {
            case EQUAL, OWN -> config.withProtection(sinks, recent);
            case REBASED -> config.withProtection(sinks, recent).withRebase(true);
            case UNPROTECTED -> config;
        };
    }

    /** Of the last window that was asked for: arms of one window follow one another. */
    private FutureAttention future(Decoder decoder, int[] ids) {
        if (!Arrays.equals(ids, recorded)) {
            recorded = ids;
            future = FutureAttention.record(decoder, ids, chunk);
        }
        return future;
    }

    /** Rows of different settings must not be mixed, so the first run's stand in run.json. */
    private void claim(Path file) {
        JsonObject settings = new JsonObject();
        settings.addProperty("model", options.model);
        settings.addProperty("length", length);
        settings.addProperty("chunk", chunk);
        settings.addProperty("sinks", sinks);
        settings.addProperty("recent", recent);
        settings.addProperty("random_seed", Policies.SEED);
        try {
            if (Files.exists(file)) {
                JsonObject before = JsonParser.parseString(Files.readString(file))
                        .getAsJsonObject()
                        .getAsJsonObject("settings");
                if (!settings.equals(before)) {
                    throw new BadInputException(file.getParent() + " holds rows measured with " + before + ", not "
                            + settings + "; give the same settings or another --out.");
                }
                return;
            }
        } catch (IOException e) {
            throw new BadInputException(file + " cannot be read (" + e.getMessage() + "); give another --out.", e);
        }
        var gson = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();
        JsonObject run = new JsonObject();
        run.addProperty("experiment", "bench-policies");
        run.add("settings", settings);
        run.add("versions", gson.toJsonTree(Versions.here()));
        run.add("machine", gson.toJsonTree(Machine.here()));
        AtomicFile.write(file, gson.toJson(run) + "\n");
    }
}
