/**
 * Learning: what may change ({@link dev.engram.train.Trainables}), the loss ({@link dev.engram.train.TrainingTask}) and the loop
 * that brings them together ({@link dev.engram.train.Trainer}).
 *
 * <p>Ready to use are {@link dev.engram.train.Sft} and {@link dev.engram.train.Dpo}; what facts in the weights give and cost is
 * measured by {@link dev.engram.train.FactLearning}.
 */
package dev.engram.train;
