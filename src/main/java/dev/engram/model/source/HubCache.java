package dev.engram.model.source;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The cache that Hugging Face's own tools keep: {@code models--org--name/snapshots/<commit>/}, with the commit of the main branch
 * in {@code refs/main}. It is only read.
 */
final class HubCache {
    private final Path root;

    HubCache(Map<String, String> environment) {
        String hub = environment.getOrDefault("HF_HUB_CACHE", environment.get("HUGGINGFACE_HUB_CACHE"));
        if (hub != null && !hub.isEmpty()) {
            root = Path.of(hub);
        } else if (!environment.getOrDefault("HF_HOME", "").isEmpty()) {
            root = Path.of(environment.get("HF_HOME"), "hub");
        } else if (!environment.getOrDefault("XDG_CACHE_HOME", "").isEmpty()) {
            root = Path.of(environment.get("XDG_CACHE_HOME"), "huggingface", "hub");
        } else {
            root = Path.of(System.getProperty("user.home"), ".cache", "huggingface", "hub");
        }
    }

    /** The snapshot of a model's main branch, where the cache has it whole. */
    Optional<Path> find(String id) {
        Path model = root.resolve("models--" + id.replace("/", "--"));
        Path ref = model.resolve("refs").resolve("main");
        if (!Files.isRegularFile(ref)) {
            return Optional.empty();
        }
        String commit = Json.text(ref).strip();
        if (!commit.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,99}")) {
            return Optional.empty();
        }
        return Optional.of(model.resolve("snapshots").resolve(commit)).filter(HubDownload::complete);
    }
}
