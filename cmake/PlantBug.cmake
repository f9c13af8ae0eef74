# cmake -DSOURCE=file -DPATCH=file -DOUTPUT=file -P PlantBug.cmake: OUTPUT becomes SOURCE with PATCH applied.
file(READ ${SOURCE} code)
file(WRITE ${OUTPUT} "${code}")
execute_process(COMMAND patch --quiet --forward --fuzz=0 --no-backup-if-mismatch --reject-file=- ${OUTPUT} ${PATCH}
  RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(failed)
  file(REMOVE ${OUTPUT})
  message(FATAL_ERROR "The planted bug no longer applies: bring ${PATCH} up to date with ${SOURCE}\n${said}")
endif()
