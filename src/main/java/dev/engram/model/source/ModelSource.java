package dev.engram.model.source;

import dev.engram.model.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds the model that a name stands for: the default one, a GGUF file, a folder in Hugging Face layout, or a Hugging Face id
 * looked up in the hub cache and else downloaded.
 *
 * <p>Environment: ENGRAM_MODEL_PATH (file or folder of the default model), ENGRAM_HOME (the
 * project's folder; else searched upwards from the working directory), ENGRAM_HUB_URL or HF_ENDPOINT (hub to download
 * from), HF_HOME and HF_HUB_CACHE (where the hub cache lies), HF_HUB_OFFLINE=1 (never download).
 */
public final class ModelSource {
    /** Stands for the default model. */
    public static final String DEFAULT = "default";

    private static final String HUB = "https://huggingface.co";
    private static final String SETUP = ".engram";
    private static final String ID = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}";

    private final Map<String, String> environment;
    private final Path setup;
    private final HubDownload.Progress progress;

    /**
     * @param environment variables to read
     * @param setup the project's set-up folder ({@code .engram}); downloads go to {@code models/org--name} in it
     */
    ModelSource(Map<String, String> environment, Path setup, HubDownload.Progress progress) {
        this.environment = environment;
        this.setup = setup;
        this.progress = progress;
    }

    /** Opens a model; null and "default" mean the default one. */
    public static Checkpoint open(String model) {
        return open(model, (file, done, total) -> {});
    }

    /** The same, telling how far a download is. */
    public static Checkpoint open(String model, HubDownload.Progress progress) {
        return new ModelSource(System.getenv(), setupFolder(), progress).resolve(model);
    }

    /** Whether the default model is there, and where: for checks that must not fail. */
    public static Optional<Path> defaultModel() {
        ModelSource here = new ModelSource(System.getenv(), setupFolder(), (file, done, total) -> {});
        String named = here.environment.getOrDefault("ENGRAM_MODEL_PATH", "");
        return named.isEmpty() ? here.prepared() : Optional.of(Path.of(named)).filter(Files::exists);
    }

    Checkpoint resolve(String model) {
        if (model == null || model.isBlank() || model.equals(DEFAULT)) {
            return openDefault();
        }
        Path path = path(model);
        if (path != null && Files.exists(path)) {
            return openPath(path);
        }
        boolean looksLikeFile = model.endsWith(".gguf") || model.endsWith(".safetensors");
        if (looksLikeFile || !model.matches(ID)) {
            throw new BadInputException(
                    "--model is '" + model + "', which does not exist; give \"default\", a GGUF file, a"
                            + " folder in Hugging Face layout, or a Hugging Face id such as org/name.");
        }
        return HfFolder.open(hub(model));
    }

    private static Path setupFolder() {
        String home = System.getenv("ENGRAM_HOME");
        return home == null || home.isEmpty()
                ? setupFolder(Path.of("").toAbsolutePath())
                : Path.of(home).resolve(SETUP);
    }

    /** The nearest folder with a set-up, upwards from {@code start}; else the one that would be made in start. */
    static Path setupFolder(Path start) {
        for (Path at = start; at != null; at = at.getParent()) {
            if (Files.isDirectory(at.resolve(SETUP).resolve("models"))) {
                return at.resolve(SETUP);
            }
        }
        return start.resolve(SETUP);
    }

    private Checkpoint openDefault() {
        String named = environment.getOrDefault("ENGRAM_MODEL_PATH", "");
        if (!named.isEmpty()) {
            Path path = path(named);
            if (path == null || !Files.exists(path)) {
                throw new BadInputException("ENGRAM_MODEL_PATH is '" + named
                        + "', which does not exist; set it to a model file or folder.");
            }
            return openPath(path);
        }
        return openPath(prepared()
                .orElseThrow(() -> new BadInputException("The default model is not in " + setup.resolve("models")
                        + "; run ./engram check, which says how to get it.")));
    }

    private Optional<Path> prepared() {
        return gguf(setup.resolve("models")).stream().findFirst();
    }

    private static Checkpoint openPath(Path path) {
        if (!Files.isDirectory(path)) {
            if (path.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".safetensors")) {
                throw new BadInputException(
                        path + " holds weights only; give the folder with its config.json and tokenizer.json.");
            }
            return GgufCheckpoint.open(path);
        }
        List<Path> files = gguf(path);
        if (Files.exists(path.resolve("config.json")) || files.isEmpty()) {
            return HfFolder.open(path);
        }
        if (files.size() > 1) {
            throw new BadInputException(path + " holds " + files.size() + " GGUF files; give the path of one.");
        }
        return GgufCheckpoint.open(files.get(0));
    }

    private Path hub(String id) {
        Optional<Path> cached = new HubCache(environment).find(id);
        if (cached.isPresent()) {
            return cached.get();
        }
        Path folder = setup.resolve("models").resolve(id.replace("/", "--"));
        if (HubDownload.complete(folder)) {
            return folder;
        }
        if (environment.getOrDefault("HF_HUB_OFFLINE", "0").equals("1")) {
            throw new BadInputException(
                    "--model is '" + id + "', which is not in the hub cache, and HF_HUB_OFFLINE is 1;"
                            + " unset it to download the model.");
        }
        String base = environment.getOrDefault("ENGRAM_HUB_URL", environment.getOrDefault("HF_ENDPOINT", ""));
        new HubDownload(base.isEmpty() ? HUB : base, progress).fetch(id, folder);
        return folder;
    }

    private static List<Path> gguf(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(p -> p.getFileName().toString().endsWith(".gguf"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new BadInputException(
                    folder + " cannot be listed (" + e.getMessage() + "); check its permissions.", e);
        }
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            return null;
        }
    }
}
