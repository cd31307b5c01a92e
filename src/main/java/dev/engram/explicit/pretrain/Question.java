package dev.engram.explicit.pretrain;

import dev.engram.world.Fact;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A question about a fact, in the tokens of a tiny vocabulary.
 *
 * @param entity it is about
 * @param ids first token, question, answer
 * @param answer how many of the last ids are the answer
 * @param rejected the same question with the value of another entity
 * @param rejectedAnswer how many of its last ids are the answer
 * @param right reference that tells the answer
 * @param wrong reference that tells the same relation of the other entity, and so the rejected answer
 */
public record Question(
        String entity, int[] ids, int answer, int[] rejected, int rejectedAnswer, int[] right, int[] wrong) {

    /**
     * Questions about random facts.
     *
     * @param heldoutWordings whether they are asked as no training text asks
     */
    public static List<Question> of(
            List<Fact> facts, TinyVocabulary vocabulary, MemoryShape shape, int n, boolean heldoutWordings, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] order =
                random.ints(0, facts.size()).distinct().limit(facts.size()).toArray();
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < order.length && questions.size() < n; i++) {
            Fact f = facts.get(order[i]);
            List<Fact> others = facts.stream().filter(o -> rivals(f, o)).toList();
            List<String> wordings = heldoutWordings ? f.heldoutQuestions() : f.trainQuestions();
            int[] question = vocabulary.encode(" " + wordings.get(random.nextInt(wordings.size())));
            if (!others.isEmpty()) {
                Fact other = others.get(random.nextInt(others.size()));
                int[] answer = vocabulary.encode(" " + f.value() + ".");
                int[] wrong = vocabulary.encode(" " + other.value() + ".");
                questions.add(new Question(
                        f.entity(),
                        asked(question, answer),
                        answer.length,
                        asked(question, wrong),
                        wrong.length,
                        PretrainCorpus.reference(f, vocabulary, shape),
                        PretrainCorpus.reference(other, vocabulary, shape)));
            }
        }
        return questions;
    }

    private static boolean rivals(Fact f, Fact o) {
        return o.relation().equals(f.relation())
                && o.kind().equals(f.kind())
                && !o.entity().equals(f.entity())
                && !o.value().equals(f.value());
    }

    private static int[] asked(int[] question, int[] answer) {
        int[] ids = new int[1 + question.length + answer.length];
        ids[0] = TinyVocabulary.BOS;
        System.arraycopy(question, 0, ids, 1, question.length);
        System.arraycopy(answer, 0, ids, 1 + question.length, answer.length);
        return ids;
    }
}
