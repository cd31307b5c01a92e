package dev.engram.model.source;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Reads generation_config.json; ids that it leaves out come from config.json. */
final class HfGeneration {
    private HfGeneration() {}

    static GenerationDefaults read(Path folder, int vocab) {
        Json config = Json.read(folder.resolve("config.json"));
        Path file = folder.resolve("generation_config.json");
        Json own = Files.isRegularFile(file) ? Json.read(file) : config;
        return new GenerationDefaults(
                ids(own, config, "bos_token_id", vocab, true).stream().findFirst(),
                ids(own, config, "eos_token_id", vocab, true),
                ids(own, config, "pad_token_id", vocab, false).stream().findFirst(),
                own.decimal("temperature"),
                own.whole("top_k"),
                own.decimal("top_p"));
    }

    /** A negative id means none, as some configurations write it; a padding id outside the table is never looked up. */
    private static Set<Integer> ids(Json own, Json config, String field, int vocab, boolean strict) {
        Json source = own.get(field).isPresent() ? own : config;
        List<Integer> found = source.wholes(field);
        Set<Integer> ids = new LinkedHashSet<>();
        for (int id : found) {
            if (id >= 0 && id < vocab) {
                ids.add(id);
            } else if (id >= vocab && strict) {
                throw source.unfit(field, id, "below the vocabulary of " + vocab);
            }
        }
        return ids;
    }
}
