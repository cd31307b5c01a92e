package dev.engram.mutation;

import ai.djl.ndarray.NDManager;
import dev.engram.model.Decoder;
import dev.engram.model.Tiny;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.engine.Kernel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs the equivalence tests under one edit of the kernel text after the other in one JVM. The edited text lies in a folder
 * that stands first on the class path, where the kernels' loader finds it; nothing in the library knows of it. An edit's
 * tests end with the first failure. A watchdog ends the JVM when an edit hangs; {@link KernelMutation} starts it again.
 */
public final class KernelWorker {
    /** What was learned of an edit: verdict, test that failed, kind of failure. */
    record Verdict(String verdict, String by, String how) {}

    /** The quickest first, then the widest net; most edits end in the first four. */
    static final List<String> TESTS = List.of(
            "dev.engram.model.engine.PackedWeightsTest",
            "dev.engram.model.engine.VectorScanTest",
            "dev.engram.model.ComparisonTest",
            "dev.engram.model.EquivalenceTest",
            "dev.engram.model.KvCacheTest",
            "dev.engram.model.SeamsTest",
            "dev.engram.model.LongDecodingTest",
            "dev.engram.model.GradientTest",
            "dev.engram.model.AdapterTest",
            "dev.engram.model.RandomCheckpointTest",
            "dev.engram.model.GenerationTest",
            "dev.engram.train.RowTrainingTest",
            "dev.engram.train.LossesTest",
            "dev.engram.train.LoraTest",
            "dev.engram.explicit.ReadTest",
            "dev.engram.explicit.pretrain.SharedReferencesTest");

    private static final long LIMIT_MILLIS = 240_000;

    private static volatile boolean failed;
    private static volatile long began;

    private KernelWorker() {}

    /** Skips what is left of an edit's tests once one has failed. */
    public static final class FirstFailure implements ExecutionCondition {
        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            return failed ? ConditionEvaluationResult.disabled("one failed") : ConditionEvaluationResult.enabled("");
        }
    }

    /**
     * @param arguments folder of the edited text, file of the rows, seed, edits of a family, number of the first edit to run;
     *     edit 0 is no edit, under which every test must pass
     */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        Path rows = Path.of(arguments[1]);
        List<KernelEdit> edits = KernelEdit.sample(Long.parseLong(arguments[2]), Integer.parseInt(arguments[3]));
        Path services = folder.resolve("META-INF/services/org.junit.jupiter.api.extension.Extension");
        Files.createDirectories(services.getParent());
        Files.writeString(services, FirstFailure.class.getName());
        watch();
        for (int i = Integer.parseInt(arguments[4]); i <= edits.size(); i++) {
            began = System.currentTimeMillis();
            Path text = i == 0
                    ? null
                    : folder.resolve(KernelEdit.FOLDER + edits.get(i - 1).file());
            if (text != null) {
                Files.createDirectories(text.getParent());
                Files.writeString(text, edits.get(i - 1).edited());
            }
            Verdict verdict = loads() ? judge(i, rows.resolveSibling("passed")) : new Verdict("does not load", "", "");
            if (text != null) {
                Files.delete(text);
            }
            String row = i + "\t" + verdict.verdict + "\t" + verdict.by + "\t" + verdict.how + "\t"
                    + (System.currentTimeMillis() - began) / 1000.0 + "\n";
            Files.writeString(rows, row, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
        System.exit(0);
    }

    /** Whether the text is a program at all; an edit that is none says nothing about the tests. */
    private static boolean loads() {
        try (NDManager manager = NDManager.newBaseManager();
                Kernel tools = Kernel.open(manager, "/dev/engram/model/tools.py");
                Kernel scan = Kernel.open(manager, "/dev/engram/model/scan.py");
                Decoder decoder = Tiny.decoder();
                TrainableDecoder training = new TrainableDecoder(manager, Tiny.checkpoint(), false)) {
            return tools != null && scan != null && decoder != null && training != null;
        } catch (RuntimeException e) {
            String why = String.valueOf(e.getMessage());
            boolean ran = e instanceof IllegalStateException && why.startsWith("kernel ");
            return ran;
        }
    }

    /** @param passed file of the tests that an edit has passed, so that a run that was ended goes on in the middle of an edit */
    private static Verdict judge(int edit, Path passed) throws IOException {
        List<String> before = Files.exists(passed) ? Files.readAllLines(passed) : List.of();
        failed = false;
        String[] by = {"", ""};
        Launcher launcher = LauncherFactory.create();
        TestExecutionListener listener = new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (result.getStatus() == TestExecutionResult.Status.FAILED && !failed) {
                    failed = true;
                    Throwable cause = result.getThrowable().orElseThrow();
                    by[0] = test.getUniqueId()
                            .replaceAll(".*class:dev\\.engram\\.", "")
                            .replaceAll("\\].*?:", ".");
                    by[1] = cause instanceof AssertionError ? "assertion" : "exception";
                }
            }
        };
        for (String test : TESTS) {
            if (before.contains(edit + " " + test)) {
                continue;
            }
            launcher.execute(
                    LauncherDiscoveryRequestBuilder.request()
                            .selectors(DiscoverySelectors.selectClass(test))
                            .filters(TagFilter.excludeTags("long", "default-model"))
                            .configurationParameters(Map.of("junit.jupiter.extensions.autodetection.enabled", "true"))
                            .build(),
                    listener);
            if (failed) {
                return new Verdict("caught", by[0].replaceAll("[\\[\\]()]", ""), by[1]);
            }
            Files.writeString(passed, edit + " " + test + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
        return new Verdict("survived", "", "");
    }

    private static void watch() {
        Thread watchdog = new Thread(() -> {
            while (System.currentTimeMillis() - began < LIMIT_MILLIS) {
                try {
                    Thread.sleep(500);
                } catch (InterruptedException e) {
                    return;
                }
            }
            Runtime.getRuntime().halt(3);
        });
        watchdog.setDaemon(true);
        began = System.currentTimeMillis();
        watchdog.start();
    }
}
