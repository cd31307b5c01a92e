package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.engram.forget.Policies;
import dev.engram.model.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code generate} with a cache that forgets, on a tiny model of 2 layers. */
class GenerateForgettingTest {
    /** 50 prompt tokens and 20 generated ones, of which the last is never fed: 69 tokens pass through the cache. */
    private static final String[] FIFTY_AND_TWENTY = {
        "--raw", "--prompt", "a".repeat(50), "--max_tokens", "20", "--force_exact_length"
    };

    @TempDir
    private static Path folder;

    private static String model;

    @BeforeAll
    static void writeModel() throws IOException {
        model = TinyModel.write(folder.resolve("tiny")).toString();
    }

    private static Cli.Result run(String... more) {
        return Cli.run(Stream.of(
                        new String[] {"generate", "--model", model, "--dtype", "f32", "--threads", "1"},
                        FIFTY_AND_TWENTY,
                        more)
                .flatMap(Arrays::stream)
                .toArray(String[]::new));
    }

    private static JsonObject json(String flags) {
        return run(("--json " + flags).split(" ")).json();
    }

    private static JsonObject forgetting(String flags) {
        return json(("--mode memory_enhanced " + flags).strip());
    }

    @Test
    void fieldsOfTheSeedAndWhatWasForgotten() {
        JsonObject json = forgetting("--policy window --budget 40 --every 1");
        assertEquals("memory_enhanced", json.get("generation_mode").getAsString());
        assertEquals("window", json.get("policy").getAsString());
        assertEquals("40 tokens", json.get("budget").getAsString());
        assertEquals(20, json.get("num_tokens").getAsInt());
        // 2 layers dropped 69 - 40 slots each, of (50 + 20) * 2 entries
        assertEquals(100.0 * 58 / 140, json.get("cache_deletion_percentage").getAsDouble(), 1e-9);
        JsonObject lengths = json.getAsJsonObject("layer_lengths");
        assertEquals(List.of("min", "mean", "max"), List.copyOf(lengths.keySet()));
        assertEquals(40, lengths.get("min").getAsInt());
        assertEquals(40, lengths.get("max").getAsInt());
        assertTrue(json.get("bytes_peak").getAsLong() >= json.get("bytes_held").getAsLong());
        assertTrue(json.get("bytes_held").getAsLong() < json.get("bytes_full").getAsLong());
        assertTrue(json.get("policy_time").getAsDouble() > 0);
        assertFalse(json.has("deletions"));
        assertFalse(json.has("attention"));
    }

    @Test
    void everyFlagReachesThePolicy() {
        JsonObject usual = forgetting("--policy window --budget 40 --every 1");
        for (String other : new String[] {
            "--policy window --budget 50 --every 1",
            "--policy window --budget 40 --every 16",
            "--policy window --budget 50% --every 1",
            "--policy window --budget 0.01MB --every 1",
            "--policy window --budget 60 --every 1 --pyramid"
        }) {
            assertNotEquals(
                    usual.getAsJsonObject("layer_lengths"), forgetting(other).getAsJsonObject("layer_lengths"), other);
        }
        String text = usual.get("generated_text").getAsString();
        for (String other : new String[] {
            "--policy window --budget 40 --every 1 --sinks 0 --recent 40",
            "--policy window --budget 40 --every 1 --rebase",
            "--policy ebbinghaus-budget --budget 40 --every 1 --recent 2"
        }) {
            assertNotEquals(text, forgetting(other).get("generated_text").getAsString(), other);
        }
    }

    @Test
    void thresholdAndSoftness() {
        double strict = deleted("--hard_delete_threshold 0.999999 --every 1");
        double mild = deleted("--hard_delete_threshold 0.000001 --every 1");
        assertTrue(strict > mild, strict + " and " + mild);
        JsonObject soft = forgetting("--soft");
        assertEquals("ebbinghaus-soft", soft.get("policy").getAsString());
        assertEquals(0, soft.get("cache_deletion_percentage").getAsDouble());
        JsonObject both = forgetting("--soft --hard_delete_threshold 0.999999 --every 1");
        assertEquals("ebbinghaus-soft-hard", both.get("policy").getAsString());
        assertTrue(both.get("cache_deletion_percentage").getAsDouble() > 0);
    }

    private static double deleted(String flags) {
        return forgetting(flags).get("cache_deletion_percentage").getAsDouble();
    }

    @Test
    void verboseJsonListsTheDeletions() {
        JsonObject json = forgetting("--policy window --budget 40 --every 1 --verbose");
        int sum = 0;
        for (JsonElement deletion : json.getAsJsonArray("deletions")) {
            sum += deletion.getAsJsonObject().get("slots").getAsInt();
        }
        assertEquals(58, sum);
        JsonObject first = json.getAsJsonArray("deletions").get(0).getAsJsonObject();
        assertEquals(50, first.get("token").getAsInt());
        assertEquals(0, first.get("layer").getAsInt());
        assertEquals(10, first.get("slots").getAsInt());
    }

    @Test
    void attentionOnRequestInBothModes() {
        for (String mode : new String[] {"", "--mode memory_enhanced --policy window --budget 40 "}) {
            JsonObject json = json((mode + "--return_attention_weights").strip());
            assertEquals(2, json.getAsJsonArray("attention").size());
            for (JsonElement layer : json.getAsJsonArray("attention")) {
                JsonObject a = layer.getAsJsonObject();
                assertEquals(
                        1,
                        Stream.of("sinks", "recent", "rest")
                                .mapToDouble(k -> a.get(k).getAsDouble())
                                .sum(),
                        1e-4);
                assertTrue(a.get("entropy_bits").getAsDouble() > 0);
                assertEquals(5, a.getAsJsonArray("top").size());
            }
        }
    }

    @Test
    void verboseTellsOfLayersDeletionsAndAttention() {
        Cli.Result result = run("--mode", "memory_enhanced", "--policy", "window", "--budget", "40", "--verbose")
                .ok();
        for (String words : new String[] {
            "% of the cache deleted by window",
            "the full cache holds",
            "layers ",
            "budget 40 tokens",
            "Layers",
            "Deletions",
            "Attention per layer",
            "most_attended"
        }) {
            assertTrue(result.err().contains(words), "'" + words + "' is not in: " + result.err());
        }
        Cli.Result baseline = run("--verbose").ok();
        assertFalse(baseline.err().contains("Deletions"), baseline.err());
        assertTrue(run("--return_attention_weights").ok().err().contains("Attention per layer"));
    }

    @Test
    void newPositionsLeadPastTheContext() {
        String[] long_ = {
            "generate",
            "--model",
            model,
            "--dtype",
            "f32",
            "--threads",
            "1",
            "--raw",
            "--prompt",
            "a".repeat(200),
            "--max_tokens",
            "100",
            "--force_exact_length",
            "--json",
            "--mode",
            "memory_enhanced",
            "--policy",
            "window",
            "--budget",
            "64"
        };
        Cli.Result refused = Cli.run(long_);
        assertEquals(2, refused.code());
        assertTrue(refused.err().contains("room for 57"), refused.err());
        String[] rebased =
                Stream.concat(Arrays.stream(long_), Stream.of("--rebase")).toArray(String[]::new);
        assertEquals(100, Cli.run(rebased).json().get("num_tokens").getAsInt());
    }

    @Test
    void comparisonAsJson() {
        JsonObject json = json("--compare --policy window --budget 40 --every 1");
        JsonObject baseline = json.getAsJsonObject("baseline");
        JsonObject enhanced = json.getAsJsonObject("memory_enhanced");
        for (String key : new String[] {
            "generated_text",
            "num_tokens",
            "generation_time",
            "tokens_per_second",
            "cache_deletion_percentage",
            "bytes_held",
            "bytes_peak",
            "layer_lengths"
        }) {
            assertTrue(baseline.has(key), key);
            assertTrue(enhanced.has(key), key);
        }
        assertEquals(0, baseline.get("cache_deletion_percentage").getAsDouble());
        assertEquals(100.0 * 58 / 140, enhanced.get("cache_deletion_percentage").getAsDouble(), 1e-9);
        assertEquals(json("--mode baseline").get("generated_text"), baseline.get("generated_text"));
        assertTrue(json.get("speed_ratio").getAsDouble() > 0);
        int first = json.get("first_difference").getAsInt();
        String a = baseline.get("generated_text").getAsString();
        String b = enhanced.get("generated_text").getAsString();
        assertEquals(a.equals(b), first < 0);
        assertTrue(json.get("kl_mean").getAsDouble() > 0, json.toString());
        assertTrue(json.get("top1_agreement").getAsDouble() <= 1);
    }

    @Test
    void comparisonAsATable() {
        String out = run("--compare", "--budget", "40").ok().out();
        assertTrue(out.lines().anyMatch(l -> l.startsWith("baseline ")), out);
        assertTrue(out.lines().anyMatch(l -> l.startsWith("memory_enhanced ")), out);
        assertTrue(out.contains("deleted_percent") && out.contains("interleaved rounds"), out);
        String full = run("--compare", "--policy", "full").ok().out();
        assertTrue(full.contains("Both texts are the same") && full.contains("KL of 0.0000"), full);
    }

    @Test
    void theSeedsCommandsWithoutAPromptTakeAnExample() {
        Cli.Result result = Cli.typed(
                        "", "generate", "--model", model, "--mode", "memory_enhanced", "--max_tokens", "2")
                .ok();
        assertTrue(result.err().contains("Prompt: "), result.err());
    }

    @Test
    void listOfPolicies() {
        String out = Cli.run("generate", "--policy", "list").ok().out();
        for (Policies.Spec policy : Policies.all()) {
            assertTrue(out.lines().anyMatch(l -> l.startsWith(policy.name() + " ")), policy.name() + " in " + out);
        }
    }

    @Test
    void everyPolicyRunsUnderABudget() {
        for (Policies.Spec policy : Policies.all()) {
            if (!List.of("full", "oracle").contains(policy.name())) {
                JsonObject json = forgetting("--policy " + policy.name() + " --budget 44");
                assertEquals(policy.name(), json.get("policy").getAsString());
                assertEquals(20, json.get("num_tokens").getAsInt());
            }
        }
        assertTrue(run("--mode", "memory_enhanced", "--policy", "oracle", "--budget", "44")
                .err()
                .contains("future"));
    }
}
