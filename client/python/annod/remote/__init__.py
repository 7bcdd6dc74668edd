"""One index on a server, as Annoy's class and the estimator use it."""
