/*
 * student: Student's t distribution. Few clusters or few repetitions need it instead of the normal one.
 *
 * df      degrees of freedom, > 0, any real number; NaN in gives NaN out
 * Cost    O(sqrt(df)); quantile some 60 times that
 * Source  P(|T| > t) = I_{df / (df + t^2)}(df / 2, 1 / 2), binomial_beta       Tests  unit/test_student.c,
 *         reference/stat_figures.py (scipy.stats.t)
 */
#ifndef PERBIT_STATS_STUDENT_H
#define PERBIT_STATS_STUDENT_H

double student_cdf(double t, double df);
double student_two_sided(double level, double df); /* 0.95, 10 gives 2.228: the t of a two-sided interval of that level */

#endif
