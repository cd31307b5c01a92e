package dev.engram.explicit.pretrain;

import dev.engram.retrieve.LeakFilter;
import dev.engram.world.Fact;
import dev.engram.world.World;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What tiny models are trained and tested on. Training worlds are drawn from seeds of their own; the test is about Halcyon, of which no
 * training text knows anything.
 *
 * @param worlds facts of the training worlds
 */
public record PretrainData(
        List<List<Fact>> worlds, TinyVocabulary vocabulary, PretrainCorpus corpus, PretrainTest test) {
    private static final int PASSES = 2;

    /** Makes it; the same seed and setup give the same. */
    public static PretrainData of(PretrainSetup setup, World halcyon, long seed) {
        List<List<Fact>> worlds = IntStream.range(0, setup.worlds())
                .mapToObj(i -> World.generateFacts("pretraining-" + i))
                .toList();
        // two worlds have all characters and frames; more would only add names
        TinyVocabulary vocabulary = TinyVocabulary.learn(
                PretrainCorpus.wordings(worlds.subList(0, Math.min(2, worlds.size()))), setup.vocabulary());
        MemoryShape shape = setup.shape();
        PretrainCorpus corpus = PretrainCorpus.of(worlds, vocabulary, shape, PASSES, LeakFilter.training(), seed);
        PretrainCorpus held =
                PretrainCorpus.of(List.of(halcyon.facts()), vocabulary, shape, 1, LeakFilter.evaluation(), seed);
        return new PretrainData(
                worlds,
                vocabulary,
                corpus,
                new PretrainTest(
                        shape,
                        held.texts()
                                .subList(
                                        0, Math.min(setup.tested(), held.texts().size())),
                        Question.of(halcyon.facts(), vocabulary, shape, setup.tested(), true, seed)));
    }

    /** The same texts and questions, read in another way; chunks and references must be as long as before. */
    public PretrainData with(MemoryShape shape) {
        return new PretrainData(worlds, vocabulary, corpus, new PretrainTest(shape, test.texts(), test.questions()));
    }

    /** Questions on the training worlds, in training wordings, for fine-tuning. */
    public List<Question> questions(int n, long seed) {
        return Question.of(worlds.stream().flatMap(List::stream).toList(), vocabulary, test.shape(), n, false, seed);
    }
}
