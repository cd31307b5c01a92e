package dev.engram.model.source;

import java.util.Optional;
import java.util.Set;

/**
 * What a checkpoint says about generation (generation_config.json, or GGUF metadata).
 *
 * @param bos id that begins a sequence, where the model has one
 * @param eos ids that end a sequence; may be empty
 * @param pad id used for padding, where the model names one
 * @param temperature suggested sampling temperature, where stated
 * @param topK suggested, where stated
 * @param topP suggested, where stated
 */
public record GenerationDefaults(
        Optional<Integer> bos,
        Set<Integer> eos,
        Optional<Integer> pad,
        Optional<Double> temperature,
        Optional<Integer> topK,
        Optional<Double> topP) {}
