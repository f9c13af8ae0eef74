#include "app.h"

int main(int argc, char** argv) { return muster::sim::run_app(argc, argv); }
