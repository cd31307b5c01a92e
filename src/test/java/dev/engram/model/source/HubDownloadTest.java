package dev.engram.model.source;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubDownloadTest {
    private static final String ID = "org/tiny";
    private static final String WEIGHTS = "model.safetensors";

    @TempDir
    Path folder;

    private TinyHub hub;
    private Path target;
    private byte[] weights;

    @BeforeEach
    void start() throws IOException {
        hub = new TinyHub(ID);
        Path source = TinyHf.write(folder.resolve("source"));
        for (String name : List.of("config.json", "tokenizer.json", WEIGHTS)) {
            hub.files.put(name, Files.readAllBytes(source.resolve(name)));
        }
        weights = hub.files.get(WEIGHTS);
        target = folder.resolve("target");
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    @Test
    void aModelArrivesWholeAndOpens() throws IOException {
        List<String> told = new ArrayList<>();
        new HubDownload(hub.url() + "/", (file, done, total) -> told.add(file + " " + done + "/" + total))
                .fetch(ID, target);
        try (HfFolder c = HfFolder.open(target)) {
            assertEquals(11, c.names().size());
        }
        assertTrue(told.contains(WEIGHTS + " " + weights.length + "/" + weights.length), told.toString());
        assertEquals(List.of("config.json", WEIGHTS, "tokenizer.json"), files());
        hub.requests.clear();
        fetch();
        assertTrue(hub.requestsFor("GET", "").isEmpty(), "files that are there are not fetched again");
    }

    @Test
    void shardsArriveToo() throws IOException {
        JsonObject map = new JsonObject();
        map.addProperty("a", "model-1.safetensors");
        map.addProperty("b", "model-2.safetensors");
        JsonObject index = new JsonObject();
        index.add("weight_map", map);
        hub.files.remove(WEIGHTS);
        hub.files.put("model.safetensors.index.json", index.toString().getBytes());
        hub.files.put("model-1.safetensors", new byte[10]);
        hub.files.put("model-2.safetensors", new byte[20]);
        hub.files.put("chat_template.jinja", "x".getBytes());
        fetch();
        assertEquals(6, files().size());
        assertTrue(HubDownload.complete(target));
        Files.delete(target.resolve("model-2.safetensors"));
        assertFalse(HubDownload.complete(target));
    }

    @Test
    void anInterruptionIsContinuedAtOnce() throws IOException {
        hub.breakAfter = 700;
        hub.breaks = 2;
        fetch();
        assertArrayEquals(weights, Files.readAllBytes(target.resolve(WEIGHTS)));
        assertTrue(hub.requests.contains("GET " + WEIGHTS + " bytes=700-"), hub.requests.toString());
    }

    @Test
    void aDownloadThatKeepsBreakingIsContinuedByTheNextOne() throws IOException {
        hub.files.put("config.json", TinyHf.CONFIG.getBytes());
        fetchSmallFiles();
        hub.breakAfter = 0;
        hub.breaks = 100;
        Refusal.of(this::fetch, WEIGHTS, "interrupted at 0 of " + weights.length, "run the same command again");
        hub.breakAfter = 500;
        hub.breaks = 1;
        hub.status = 0;
        Path part = target.resolve(WEIGHTS + "." + TinyHub.hash(weights).substring(0, 16) + ".incomplete");
        Files.write(part, Arrays.copyOf(weights, 600));
        hub.requests.clear();
        fetch();
        assertEquals(
                "GET " + WEIGHTS + " bytes=600-",
                hub.requestsFor("GET", WEIGHTS).get(0));
        assertArrayEquals(weights, Files.readAllBytes(target.resolve(WEIGHTS)));
        assertEquals(List.of("config.json", WEIGHTS, "tokenizer.json"), files());
    }

    @Test
    void aServerThatIgnoresRangesSendsTheFileAgain() throws IOException {
        hub.ignoreRange = true;
        hub.breakAfter = 700;
        hub.breaks = 1;
        fetch();
        assertArrayEquals(weights, Files.readAllBytes(target.resolve(WEIGHTS)));
        assertEquals(4, hub.requestsFor("GET", WEIGHTS).size(), "two attempts, each of them redirected once");
    }

    @Test
    void aServerThatSendsAnotherRangeIsNotBelieved() throws IOException {
        hub.wrongRange = true;
        hub.breakAfter = 700;
        hub.breaks = 1;
        fetch();
        assertArrayEquals(weights, Files.readAllBytes(target.resolve(WEIGHTS)));
    }

    @Test
    void aWrongChecksumDeletesTheFile() throws IOException {
        hub.wrongHash = true;
        Refusal.of(this::fetch, WEIGHTS, "checksum", "0".repeat(64), "deleted");
        assertEquals(List.of("config.json", "tokenizer.json"), files());
    }

    @Test
    void aDiskThatIsFull() throws IOException {
        HubDownload d = new HubDownload(hub.url(), (file, done, total) -> {}, f -> 1000);
        Refusal.of(() -> d.fetch(ID, target), "has 1000 bytes free", WEIGHTS, "needs " + weights.length);
        assertEquals(List.of("config.json", "tokenizer.json"), files());
    }

    @Test
    void whatTheHubRefuses() {
        Refusal.of(() -> new HubDownload(hub.url(), (f, d, t) -> {}).fetch("org/none", target), "org/none", hub.url());
        hub.status = 401;
        Refusal.of(this::fetch, "401", "login");
        hub.status = 503;
        Refusal.of(this::fetch, "503", "try again");
        hub.status = 0;
        hub.files.remove("tokenizer.json");
        Refusal.of(this::fetch, "no tokenizer.json");
        hub.close();
        Refusal.of(this::fetch, "cannot be reached");
        Refusal.of(() -> new HubDownload("ftp://x", (f, d, t) -> {}), "ftp://x", "ENGRAM_HUB_URL");
        Refusal.of(() -> new HubDownload("no address", (f, d, t) -> {}), "no address");
    }

    @Test
    void namesAreResolved() throws IOException {
        Path setup = folder.resolve(".engram");
        Path source = folder.resolve("source");
        Map<String, String> environment = Map.of(
                "ENGRAM_HUB_URL", hub.url(), "HF_HOME", folder.resolve("hf").toString());
        ModelSource resolver = new ModelSource(environment, setup, (f, d, t) -> {});
        opens(resolver, source.toString(), source);
        opens(resolver, Golden.gguf("llama").toString(), Golden.gguf("llama"));
        Refusal.of(() -> resolver.resolve("default"), "./engram check");
        Refusal.of(() -> resolver.resolve("missing.gguf"), "--model is 'missing.gguf'");
        Refusal.of(() -> resolver.resolve("a/b/c"), "--model is 'a/b/c'");
        Refusal.of(() -> resolver.resolve(source.resolve(WEIGHTS).toString()), "weights only");

        opens(resolver, ID, setup.resolve("models").resolve("org--tiny"));
        hub.requests.clear();
        opens(resolver, ID, setup.resolve("models").resolve("org--tiny"));
        assertTrue(hub.requests.isEmpty(), "a model that is there needs no hub");

        Path cached = folder.resolve("hf/hub/models--org--tiny");
        Files.createDirectories(cached.resolve("refs"));
        Files.writeString(cached.resolve("refs/main"), TinyHub.COMMIT);
        Path snapshot = TinyHf.write(cached.resolve("snapshots").resolve(TinyHub.COMMIT));
        opens(resolver, ID, snapshot);

        Path model = setup.resolve("models").resolve("default.gguf");
        Files.copy(Golden.gguf("llama"), model);
        opens(resolver, null, model);
        opens(
                new ModelSource(Map.of("ENGRAM_MODEL_PATH", source.toString()), setup, (f, d, t) -> {}),
                "default",
                source);
        Refusal.of(
                () -> new ModelSource(Map.of("ENGRAM_MODEL_PATH", "gone"), setup, (f, d, t) -> {}).resolve(null),
                "'gone'",
                "ENGRAM_MODEL_PATH");
        Refusal.of(
                () -> new ModelSource(Map.of("HF_HUB_OFFLINE", "1", "HF_HOME", "none"), setup, (f, d, t) -> {})
                        .resolve("org/other"),
                "HF_HUB_OFFLINE");
        assertEquals(setup, ModelSource.setupFolder(source));
    }

    @Test
    void aModelsHashFollowsItsBytes() throws IOException {
        Path source = folder.resolve("source");
        assertEquals(TinyHub.hash(weights), ModelHash.of(source.resolve(WEIGHTS)));
        String before = ModelHash.of(source);
        Files.writeString(source.resolve("notes.txt"), "not part of the model");
        assertEquals(before, ModelHash.of(source));
        weights[weights.length - 1] ^= 1;
        Files.write(source.resolve(WEIGHTS), weights);
        assertFalse(before.equals(ModelHash.of(source)));
        Refusal.of(() -> ModelHash.of(folder.resolve("none")), "none");
    }

    private void opens(ModelSource resolver, String name, Path origin) {
        try (Checkpoint c = resolver.resolve(name)) {
            assertEquals(origin, c.origin());
        }
    }

    private void fetchSmallFiles() {
        hub.wrongHash = true;
        Refusal.of(this::fetch, "checksum");
        hub.wrongHash = false;
    }

    private void fetch() {
        new HubDownload(hub.url(), (file, done, total) -> {}).fetch(ID, target);
    }

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.list(target)) {
            return all.map(p -> p.getFileName().toString()).sorted().toList();
        }
    }
}
