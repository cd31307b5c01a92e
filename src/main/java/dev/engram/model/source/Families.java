package dev.engram.model.source;

import dev.engram.model.BadInputException;
import dev.engram.model.LmConfig;
import java.util.Map;

/** The supported architectures, by the name that config.json and GGUF metadata share. */
final class Families {
    private static final Map<String, LmConfig.Family> BY_NAME =
            Map.of("llama", LmConfig.Family.LLAMA, "qwen2", LmConfig.Family.QWEN2, "qwen3", LmConfig.Family.QWEN3);

    private Families() {}

    /**
     * @param name as the model states it
     * @param where the file that states it, for the message
     */
    static LmConfig.Family of(String name, Object where) {
        LmConfig.Family family = BY_NAME.get(name);
        if (family == null) {
            throw new BadInputException(where + " has the architecture '" + name
                    + "', which is not supported; use a model of llama, qwen2 or qwen3.");
        }
        return family;
    }
}
